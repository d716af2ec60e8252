import { describe, expect, it } from "vitest";
import type { Plain } from "../../../src/trace/plain.ts";
import type { RecordId } from "../../../src/trace/record.ts";
import { Scene } from "./scene.ts";

const BIG = "4294967300";
const SMALL = "4294967299";

/** An OFD `n1` and its senders `n2` and `n3`. */
function ofd(config: Plain = {}) {
  const scene = new Scene("no-stale-epoch", { program: "ofd", config });
  const said = (name: string, key: string, fencing: string, by: string): RecordId =>
    scene.point("n1", `ofd.${name}`, { key, fencing, by });
  return {
    scene,
    arrive: (key: string, fencing: string, by: string) => said("attempt", key, fencing, by),
    end: (name: "accept" | "replay" | "refuse", key: string, fencing: string, by: string) =>
      said(name, key, fencing, by),
    recover: (key: string, fencing: string) => scene.point("n1", "ofd.recover", { key, fencing }),
    register(name: "accept" | "replay" | "refuse", key: string, fencing: string, by: string): RecordId {
      said("attempt", key, fencing, by);
      return said(name, key, fencing, by);
    },
  };
}

describe("no-stale-epoch at an OFD (I09)", () => {
  it("holds while a number below the largest is refused", () => {
    const { scene, register } = ofd();
    register("accept", "a", SMALL, "n2");
    register("accept", "b", BIG, "n3");
    register("refuse", "a", SMALL, "n2");
    register("replay", "a", BIG, "n2");
    expect(scene.verdict()).toMatchObject({ verdict: "holds", judged: 3 });
  });

  it("is violated by an acceptance under a number below one that was accepted", () => {
    const { scene, register } = ofd();
    scene.at(1_000);
    const first = register("accept", "a", BIG, "n3");
    scene.at(2_000);
    const second = register("accept", "b", SMALL, "n2");
    expect(scene.violation()).toMatchObject({
      record: second,
      nodes: ["n1", "n2"],
      message: `n1 took receipt "b" from n2 under fencing number ${SMALL} at 2.000 s, but it knows ${BIG} since 1.000 s`,
      related: [first],
    });
  });

  it("is violated by a first answer that is given again under a number below one that was answered", () => {
    const { scene, register } = ofd();
    register("accept", "a", SMALL, "n2");
    register("replay", "a", BIG, "n3");
    const again = register("replay", "a", SMALL, "n2");
    expect(scene.violation()).toMatchObject({ record: again, observed: "the first answer again" });
  });

  it("compares numbers as numbers, across restarts", () => {
    const { scene, register, recover } = ofd();
    register("accept", "a", "10", "n2");
    scene.process("n1", "down", "crash");
    scene.process("n1", "up", "restart");
    recover("a", "10");
    register("accept", "b", "9", "n3");
    expect(scene.violation().observed).toBe("an acceptance");
  });

  it("knows of what was durable at a start and never told of before", () => {
    const { scene, register, recover } = ofd();
    recover("a", BIG);
    register("accept", "b", SMALL, "n3");
    expect(scene.violation().expected).toBe(`a refusal below ${BIG}`);
  });

  it("holds for what arrived before the larger number was seen, however late it ends", () => {
    const { scene, arrive, end, register } = ofd();
    arrive("a", SMALL, "n2");
    register("accept", "b", BIG, "n3");
    end("accept", "a", SMALL, "n2");
    expect(scene.verdict()).toMatchObject({ verdict: "holds", judged: 2 });
  });

  it("does not judge an OFD that compares no numbers", () => {
    const { scene, register } = ofd({ checksTokens: false });
    register("accept", "a", BIG, "n3");
    register("accept", "b", SMALL, "n2");
    expect(scene.verdict().judged).toBe(0);
  });
});
