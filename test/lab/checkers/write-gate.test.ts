import { describe, expect, it } from "vitest";
import { Scene } from "./scene.ts";

describe("write-gate (I37)", () => {
  const scene = (coordinator = "healthy"): Scene => {
    const made = new Scene("write-gate");
    made.at(100).claim("n1", "coordinator", coordinator, { reason: "start" });
    return made.at(200);
  };
  const verdict = (on: Scene, value: string, seq = 1): number =>
    on.point("n1", "guard.write", { client: "c1", seq, id: seq, verdict: value, primary: "" });
  const accept = (on: Scene, seq = 1): number =>
    on.point("n1", "store.accept", { epoch: 1, client: "c1", seq, key: "k1" });

  it("holds for writes that are accepted after they were let through, and refused ones that are not", () => {
    const run = scene();
    verdict(run, "pass");
    accept(run);
    verdict(run, "ENOTPRIMARY", 2);
    run.claim("n1", "coordinator", "split_brain_detected", { reason: "" });
    verdict(run, "ESPLITBRAIN", 3);
    expect(run.verdict()).toMatchObject({ verdict: "holds", judged: 4 });
  });

  it("is violated by a write that was refused and accepted", () => {
    const run = scene();
    const refused = verdict(run, "ENOTPRIMARY");
    const record = accept(run);
    expect(run.violation()).toMatchObject({ record, nodes: ["n1"], related: [refused], expected: "no write" });
  });

  it("is violated by a write that takes another's place, or is accepted twice", () => {
    const other = scene();
    verdict(other, "pass", 1);
    accept(other, 2);
    expect(other.violation()).toMatchObject({ expected: "c1 #1", observed: "c1 #2" });
    const twice = scene();
    verdict(twice, "pass");
    accept(twice);
    accept(twice);
    expect(twice.violation().expected).toBe("no write");
  });

  it.each(["split_brain_detected", "resolved", "failed"])(
    "is violated by any other verdict than a split-brain while the coordinator is %s",
    (state) => {
      for (const value of ["pass", "ENOTPRIMARY"]) {
        const run = scene(state);
        const record = verdict(run, value);
        expect(run.violation()).toMatchObject({ record, expected: "ESPLITBRAIN", observed: value });
      }
    },
  );

  it("is violated by a refusal of another kind", () => {
    const run = scene();
    verdict(run, "ESTALEEPOCH");
    expect(run.violation().observed).toBe("ESTALEEPOCH");
  });

  it("judges no node without a guard, and no life of a process before its guard speaks", () => {
    const run = scene();
    accept(run);
    expect(run.verdict().verdict).toBe("inconclusive");
    const restarted = scene("resolved");
    verdict(restarted, "ESPLITBRAIN");
    restarted.process("n1", "down", "crash");
    restarted.process("n1", "up", "restart");
    accept(restarted);
    expect(restarted.verdict()).toMatchObject({ verdict: "holds", judged: 1 });
  });
});
