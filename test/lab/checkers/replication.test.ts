import { describe, expect, it } from "vitest";
import type { RecordId } from "../../../src/trace/record.ts";
import { Scene, type SceneOptions } from "./scene.ts";

const ZERO = "0".repeat(16);
const sum = (name: string): string => name.charCodeAt(0).toString(16).padStart(16, "0");
const at = (txid: number, name: string): string => `${txid.toString(16).padStart(16, "0")}/${sum(name)}`;

/** A run of nodes that acknowledge what one disk has; transactions are named by a letter. */
class Chains {
  readonly scene: Scene;
  constructor(check: string, options: SceneOptions = {}) {
    this.scene = new Scene(check, { config: { durability: "async" }, ...options });
  }
  commit(node: string, epoch: number, txid: number, name: string, pre: string, seq = txid): RecordId {
    const fields = { epoch, txid: String(txid), checksum: sum(name), pre: pre === "" ? ZERO : sum(pre) };
    return this.scene.trace.point(0, node, "repl.commit", { ...fields, client: "c1", seq, key: "k" });
  }
  apply(node: string, stream: number, txid: number, name: string): RecordId {
    return this.scene.trace.point(0, node, "repl.apply", { epoch: 1, stream, txid: String(txid), checksum: sum(name) });
  }
  snapshot(node: string, epoch: number, txid: number, name: string): RecordId {
    return this.scene.trace.point(0, node, "repl.snapshot", { epoch, txid: String(txid), checksum: sum(name) });
  }
  streaming(node: string, primary: string, epoch: number): RecordId {
    return this.scene.trace.state(0, node, "replica", "streaming", { primary, epoch });
  }
  /** A client's write that becomes this transaction, acknowledged. */
  write(node: string, epoch: number, txid: number, name: string, pre: string): void {
    const id = this.scene.request(node, txid);
    this.commit(node, epoch, txid, name, pre);
    this.scene.reply(node, id);
  }
  writable(node: string, term: number): void {
    this.scene.trace.state(0, node, "role", "leader", { term, leader: node });
    this.scene.trace.state(0, node, "writable", "yes", { epoch: term });
  }
  diverge(node: string, from: string, lostTxids: string): RecordId {
    return this.scene.trace.point(0, node, "divergence", { node, from, to: "unknown", lostTxids, epoch: 2 });
  }
  recover(node: string, epoch: number, ...transactions: [txid: number, name: string][]): void {
    this.scene.process(node, "down", "crash");
    this.scene.process(node, "up", "restart");
    for (const [txid, name] of transactions)
      this.scene.trace.point(0, node, "repl.recover", { epoch, txid: String(txid), checksum: sum(name) });
  }
  keep(node: string, from: string, txids: string, isSynced = true): void {
    if (isSynced) this.scene.disk(node, "sync", { path: "lost+found/2", bytes: 10, tookUs: 10 });
    this.scene.trace.point(0, node, "lost-found", { epoch: 2, path: "lost+found/2", txids, from });
  }
}

describe("replica-lineage (I22)", () => {
  it("holds for a replica that follows, and for one that comes back through a snapshot", () => {
    const run = new Chains("replica-lineage");
    run.commit("n1", 1, 1, "a", "");
    run.streaming("n2", "n1", 1);
    run.apply("n2", 1, 1, "a");
    run.commit("n1", 1, 2, "b", "a");
    run.commit("n2", 2, 2, "c", "a");
    run.snapshot("n1", 2, 2, "c");
    run.streaming("n1", "n2", 2);
    run.commit("n2", 2, 3, "d", "c");
    run.apply("n1", 2, 3, "d");
    expect(run.scene.verdict()).toMatchObject({ verdict: "holds", judged: 5 });
  });

  it("is violated by a replica that serves from another chain", () => {
    const run = new Chains("replica-lineage");
    run.commit("n1", 1, 1, "a", "");
    run.commit("n1", 1, 2, "b", "a");
    run.streaming("n2", "n1", 1);
    run.apply("n2", 1, 1, "a");
    run.commit("n2", 2, 2, "c", "a");
    const claim = run.streaming("n1", "n2", 2);
    expect(run.scene.violation()).toMatchObject({
      record: claim,
      nodes: ["n1"],
      observed: "a transaction of another chain",
    });
  });

  it("holds for what was durable in the moment of a crash and told to nobody, sent by a primary that goes on in its epoch", () => {
    const run = new Chains("replica-lineage");
    run.commit("n1", 1, 1, "a", "");
    run.streaming("n2", "n1", 1);
    run.apply("n2", 1, 1, "a");
    run.recover("n1", 1, [1, "a"], [2, "b"], [3, "c"]);
    run.apply("n2", 1, 2, "b");
    run.apply("n2", 1, 3, "c");
    run.streaming("n2", "n1", 1);
    expect(run.scene.verdict()).toMatchObject({ verdict: "holds", judged: 5 });
    const applied = run.apply("n2", 1, 3, "x");
    expect(run.scene.violation()).toMatchObject({ record: applied, observed: "a transaction of nobody" });
  });

  it("is violated by a transaction that the primary never made", () => {
    const run = new Chains("replica-lineage");
    run.commit("n1", 1, 1, "a", "");
    run.streaming("n2", "n1", 1);
    const applied = run.apply("n2", 1, 1, "x");
    expect(run.scene.violation()).toMatchObject({ record: applied, observed: "a transaction of nobody" });
  });

  it("is not exercised where nobody follows", () => {
    const run = new Chains("all");
    expect(run.scene.verdicts().find(({ checker }) => checker === "replica-lineage")?.verdict).toBe("not-exercised");
  });
});

describe("no-lost-ack (I11) where one disk is enough", () => {
  /** n1 made `a` and, cut off, `b`; n2 goes on from `a` with `c`. */
  function split(): Chains {
    const run = new Chains("no-lost-ack");
    run.writable("n1", 1);
    run.write("n1", 1, 1, "a", "");
    run.streaming("n2", "n1", 1);
    run.apply("n2", 1, 1, "a");
    run.write("n1", 1, 2, "b", "a");
    run.scene.trace.state(0, "n1", "writable", "no", { reason: "no-lease" });
    run.writable("n2", 2);
    run.scene.request("n2", 3);
    run.commit("n2", 2, 2, "c", "a", 3);
    return run;
  }

  it("holds when what was lost is listed and kept", () => {
    const run = split();
    run.diverge("n1", at(2, "b"), "2");
    run.keep("n1", at(2, "b"), "2");
    expect(run.scene.verdict()).toMatchObject({ verdict: "holds", judged: 2 });
  });

  it("is violated by a loss that nobody speaks of", () => {
    const run = split();
    run.snapshot("n1", 2, 2, "c");
    expect(run.scene.violation().message).toContain(
      'write c1#2 of "k" was acknowledged to c1 at 0.000 s and is lost silently at 60.000 s: n2, primary at the end, does not have it, and no replica said that it is lost',
    );
  });

  it("is violated by a loss that is listed and kept nowhere, or in a file that no sync made durable", () => {
    const unkept = split();
    unkept.diverge("n1", at(2, "b"), "2");
    const unsynced = split();
    unsynced.diverge("n1", at(2, "b"), "2");
    unsynced.keep("n1", at(2, "b"), "2", false);
    for (const run of [unkept, unsynced])
      expect(run.scene.violation().observed).toBe("a replica said that it is lost, and kept it nowhere");
  });

  it("holds when what was durable in the moment of a crash, and told to nobody, ends the tail that is kept", () => {
    const run = split();
    run.recover("n1", 1, [3, "y"], [4, "z"]);
    run.diverge("n1", at(4, "z"), "2-4");
    run.keep("n1", at(4, "z"), "2-4");
    expect(run.scene.verdict()).toMatchObject({ verdict: "holds", judged: 2 });
  });

  it("is not decided while the only node that has it is away", () => {
    const run = split();
    run.scene.process("n1", "down", "crash");
    expect(run.scene.verdict()).toMatchObject({ verdict: "inconclusive" });
  });

  it("holds when the client's write was made again on the chain that won", () => {
    const run = split();
    run.commit("n2", 2, 3, "d", "c", 2);
    expect(run.scene.verdict()).toMatchObject({ verdict: "holds" });
  });
});
