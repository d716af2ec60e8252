import { describe, expect, it } from "vitest";
import { Scene } from "./scene.ts";

const ZERO = "0".repeat(16);
const sum = (name: string): string => name.charCodeAt(0).toString(16).padStart(16, "0");
const at = (txid: number, name: string): string => `${txid.toString(16).padStart(16, "0")}/${sum(name)}`;

/** n1 made `a` and `b`; n2 has `a`, and made `c` in epoch 2. */
function parted(): Scene {
  const scene = new Scene("strategy-post", { config: { durability: "async" } });
  const commit = (node: string, epoch: number, txid: number, name: string, pre: string): void => {
    const fields = { epoch, txid: String(txid), checksum: sum(name), pre, client: "c1", seq: txid, key: "k" };
    scene.point(node, "repl.commit", fields);
  };
  commit("n1", 1, 1, "a", ZERO);
  scene.point("n2", "repl.apply", { epoch: 1, stream: 1, txid: "1", checksum: sum("a") });
  commit("n1", 1, 2, "b", sum("a"));
  commit("n2", 2, 2, "c", sum("a"));
  return scene;
}
function diverge(scene: Scene, isKept: boolean): void {
  const from = at(2, "b");
  scene.point("n1", "divergence", { node: "n1", from, to: at(1, "a"), lostTxids: "2", epoch: 2 });
  if (!isKept) return;
  scene.disk("n1", "sync", { path: "lost+found/2", bytes: 10, tookUs: 10 });
  scene.point("n1", "lost-found", { epoch: 2, path: "lost+found/2", txids: "2", from });
}
const rollBack = (scene: Scene, txid: number, name: string): number =>
  scene.point("n1", "repl.rollback", { epoch: 2, txid: String(txid), checksum: sum(name), from: at(2, "b") });

describe("strategy-post (I39), rollback", () => {
  it("holds when a node goes back to the primary's chain and keeps what it leaves", () => {
    const scene = parted();
    diverge(scene, true);
    rollBack(scene, 1, "a");
    expect(scene.verdict()).toMatchObject({ verdict: "holds", judged: 1 });
  });

  it("is violated by a tail that was dropped without a word", () => {
    const scene = parted();
    const record = rollBack(scene, 1, "a");
    expect(scene.violation()).toMatchObject({
      record,
      nodes: ["n1"],
      observed: "no record of what was dropped",
      // What n1 stood at: `b`, the last record but one before.
      related: [record - 2],
    });
  });

  it("is violated by a tail that was listed and kept nowhere", () => {
    const scene = parted();
    diverge(scene, false);
    rollBack(scene, 1, "a");
    expect(scene.violation().observed).toBe("1 transactions kept nowhere");
  });

  it("is violated by a place that is not on the primary's chain", () => {
    const scene = parted();
    diverge(scene, true);
    rollBack(scene, 2, "b");
    expect(scene.violation()).toMatchObject({
      expected: "a transaction of the chain that ends with 2 in epoch 2",
      observed: "a transaction of another chain",
    });
  });
});

describe("strategy-post (I39), safe shutdown", () => {
  /** n1 shuts down in order; it says so of every step. */
  function shutDown(prepare: (scene: Scene) => void = () => undefined): Scene {
    const scene = new Scene("strategy-post");
    scene.role("n1", "leader", 1);
    prepare(scene);
    scene.claim("n1", "shutdown", "under-way", { reason: "test" });
    for (const step of ["fence", "flag", "drain", "flush", "leave", "release-locks"])
      scene.point("n1", "shutdown.step", { step, result: "done" });
    return scene;
  }
  function end(scene: Scene): Scene {
    scene.claim("n1", "shutdown", "ended", { reason: "test" });
    scene.process("n1", "down", "fail-stop");
    return scene;
  }

  it("holds for a node that left and stays away until it is cleared", () => {
    const scene = shutDown();
    scene.role("n1", "follower", 1);
    end(scene);
    scene.process("n1", "up", "restart");
    scene.claim("n1", "shutdown", "refuses-to-start", { reason: "test" });
    scene.process("n1", "down", "fail-stop");
    scene.process("n1", "up", "restart");
    scene.point("n1", "shutdown.cleared", { reason: "test" });
    scene.role("n1", "follower", 1);
    expect(scene.verdict()).toMatchObject({ verdict: "holds", judged: 1 });
  });

  it("is violated by one that ends as the leader", () => {
    expect(end(shutDown()).violation().observed).toBe("role=leader in term 1");
  });

  it("is violated by one that ends with a lock in its hands", () => {
    const scene = shutDown((before) => {
      const grant = { key: "sync", token: "t", fencing: "7", ttlMs: 30_000, by: "n1" };
      before.point("redis", "lock.grant", grant);
      before.claim("n1", "lock>sync", "held", { token: "t", fencing: "7", untilMs: 30_000, leftMs: 30_000 });
    });
    scene.role("n1", "follower", 1);
    expect(end(scene).violation().observed).toBe('it holds the lock "sync"');
  });

  it("is violated by a power loss that takes what was said to be durable, and not by one that takes a name", () => {
    const scene = shutDown();
    scene.role("n1", "follower", 1);
    end(scene);
    const lost = { path: "raft/log", bytes: 12, torn: false };
    scene.trace.point(1, "n1", "disk.lost", { ...lost, what: "create" });
    const record = scene.trace.point(1, "n1", "disk.lost", { ...lost, what: "bytes" });
    expect(scene.violation()).toMatchObject({ record, observed: "12 bytes of raft/log lost" });
  });

  it("is violated by one that takes part again uncleared", () => {
    const scene = shutDown();
    scene.role("n1", "follower", 1);
    end(scene);
    scene.process("n1", "up", "restart");
    const record = scene.role("n1", "follower", 1);
    expect(scene.violation()).toMatchObject({ record, observed: "role=follower" });
  });

  it("expects nothing of one that was killed on the way", () => {
    const scene = shutDown();
    scene.process("n1", "down", "crash");
    scene.process("n1", "up", "restart");
    scene.role("n1", "follower", 1);
    expect(scene.verdict().verdict).not.toBe("violated");
  });
});
