import { describe, expect, it } from "vitest";
import type { RecordId } from "../../../src/trace/record.ts";
import { Scene } from "./scene.ts";

/** A run with a halt lock of 1 s, granted by n1 at 1 s to n2. */
class Halts {
  readonly scene = new Scene("halt-exclusive", { config: { durability: "async" } });

  static granted(): Halts {
    const run = new Halts();
    run.scene.at(1_000);
    run.grant("n1", "n2", "L");
    return run;
  }
  at(ms: number): this {
    this.scene.at(ms);
    return this;
  }
  grant(node: string, by: string, id: string): RecordId {
    return this.scene.point(node, "halt.grant", { epoch: 1, id, by, txid: "1", checksum: "c1", ttlMs: 1_000 });
  }
  end(node: string, by: string, id: string, reason = "released"): RecordId {
    return this.scene.point(node, "halt.end", { epoch: 1, id, by, reason });
  }
  post(node: string, by: string, id: string, txid: number, epoch = 1): RecordId {
    return this.scene.point(node, "halt.post", { epoch, id, by, txid: String(txid), checksum: `c${String(txid)}` });
  }
  /** A commit of its own, or of the lock `halt`. */
  commit(node: string, txid: number, halt?: string): RecordId {
    const fields = { epoch: 1, txid: String(txid), checksum: `c${String(txid)}`, pre: "", client: "c1", seq: txid };
    return this.scene.point(node, "repl.commit", { ...fields, key: "k", ...(halt === undefined ? {} : { halt }) });
  }
}

describe("halt-exclusive (I38)", () => {
  it("holds while a lock goes from hand to hand, and the primary writes between", () => {
    const run = new Halts();
    run.commit("n1", 1);
    run.at(1_000).grant("n1", "n2", "L");
    run.post("n1", "n2", "L", 2);
    run.at(1_003).commit("n1", 2, "L");
    run.at(1_100).end("n1", "n2", "L");
    run.commit("n1", 3);
    run.at(1_200).grant("n1", "n3", "M");
    // n3 is silent: the lock is over by its time, whether the primary has said so or not.
    run.at(2_200).commit("n1", 4);
    run.grant("n1", "n2", "N");
    expect(run.scene.verdict()).toMatchObject({ verdict: "holds", judged: 6 });
  });

  it("holds for a post that was let in in time, and became durable later", () => {
    const run = Halts.granted();
    run.at(1_999).post("n1", "n2", "L", 2);
    run.at(2_005).commit("n1", 2, "L");
    expect(run.scene.verdict()).toMatchObject({ verdict: "holds" });
  });

  it("is violated by a commit of the primary's own while the lock lasts", () => {
    const run = Halts.granted();
    const record = run.at(1_500).commit("n1", 2);
    expect(run.scene.violation()).toMatchObject({ record, nodes: ["n1", "n2"] });
  });

  it("is violated by a post after the lock's time, though nobody has said that it is over", () => {
    const run = Halts.granted();
    const record = run.at(2_010).post("n1", "n2", "L", 2);
    expect(run.scene.violation()).toMatchObject({
      record,
      message:
        "n1 took a transaction of n2 at 2.010 s; the last halt lock it granted is L, to n2, from 1.000 s to 2.000 s",
      expected: "no transaction of n2 from 2.000 s on, when its lock ended",
    });
  });

  it("counts a lock's time by the true rate of the primary's clock", () => {
    const run = new Halts();
    run.scene.clock("n1", 5_000);
    run.at(1_000).grant("n1", "n2", "L");
    const record = run.at(1_998).post("n1", "n2", "L", 2);
    expect(run.scene.violation()).toMatchObject({ record });
    const slowed = new Halts();
    slowed.at(1_000).grant("n1", "n2", "L");
    slowed.at(1_500).scene.clock("n1", -5_000);
    slowed.at(2_001).post("n1", "n2", "L", 2);
    expect(slowed.scene.verdict()).toMatchObject({ verdict: "holds" });
  });

  it.each([
    ["of another node", "n3", "L"],
    ["by another lock", "n2", "K"],
  ])("is violated by a post %s", (_, by, id) => {
    const run = Halts.granted();
    const record = run.at(1_100).post("n1", by, id, 2);
    expect(run.scene.violation()).toMatchObject({ record, observed: `one of ${by}` });
  });

  it.each(["released", "expired", "leadership"])("is violated by a post after the lock has ended (%s)", (reason) => {
    const run = Halts.granted();
    const end = run.at(1_100).end("n1", "n2", "L", reason);
    const record = run.at(1_200).post("n1", "n2", "L", 2);
    expect(run.scene.violation()).toMatchObject({
      record,
      message: `n1 took a transaction of n2 by halt lock L at 1.200 s, which was over at 1.100 s (${reason})`,
      expected: "no posted transaction: no lock stands",
      related: [end],
    });
  });

  it("is violated by a post to a primary that has forgotten the lock with its last life", () => {
    const run = Halts.granted();
    run.at(1_100).scene.process("n1", "down", "crash");
    run.at(1_200).scene.process("n1", "up", "restart");
    const record = run.at(1_300).post("n1", "n2", "L", 2);
    expect(run.scene.violation()).toMatchObject({ record });
  });

  it("is violated by a second lock while one lasts", () => {
    const run = Halts.granted();
    const record = run.at(1_500).grant("n1", "n3", "M");
    expect(run.scene.violation()).toMatchObject({ record, observed: "two locks, of n2 and n3" });
  });

  it("is violated by a posted transaction that is committed without having been let in", () => {
    const run = Halts.granted();
    run.at(1_100).post("n1", "n2", "L", 2);
    run.commit("n1", 2, "L");
    const record = run.commit("n1", 3, "L");
    expect(run.scene.violation()).toMatchObject({ record, observed: "no such post" });
  });

  it("is violated by a post of an older epoch than that in which another node takes writes", () => {
    const run = Halts.granted();
    run.at(1_200).scene.accept("n3", 2);
    const record = run.at(1_300).post("n1", "n2", "L", 2);
    expect(run.scene.violation()).toMatchObject({ record, observed: "epoch 1" });
  });

  it("does not compare epochs where leases keep nobody apart", () => {
    const run = Halts.granted();
    run.scene.clock("n1", 50_000);
    run.at(1_200).scene.accept("n3", 2);
    run.at(1_300).post("n1", "n2", "L", 2);
    expect(run.scene.verdict()).toMatchObject({ verdict: "holds" });
  });

  it("is not exercised where nobody asks for a lock", () => {
    const scene = new Scene("all", { config: { durability: "async" } });
    const verdict = scene.verdicts().find(({ checker }) => checker === "halt-exclusive");
    expect(verdict).toMatchObject({ verdict: "not-exercised", reason: "no halt lock was granted" });
  });
});
