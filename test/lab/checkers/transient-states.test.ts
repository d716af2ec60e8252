import { describe, expect, it } from "vitest";
import type { RecordId } from "../../../src/trace/record.ts";
import { Scene, type SceneOptions } from "./scene.ts";

const BOUNDS = { config: { electionTimeoutMs: 300, heartbeatMs: 50, pollMs: 100 } };
const scene = (options: SceneOptions = {}): Scene => new Scene("transient-states-end", { ...BOUNDS, ...options });

describe("transient-states-end (I50)", () => {
  it("holds for states that end in time, and begin anew", () => {
    const run = scene();
    run.at(1_000).role("n1", "candidate", 1);
    run.at(1_500).role("n1", "candidate", 2);
    run.at(2_050).role("n1", "leader", 2);
    run.at(3_000).claim("n2", "fence", "fencing", { epoch: 1 });
    run.at(3_700).claim("n2", "fence", "fenced", { epoch: 1 });
    run.at(4_000).claim("n2", "replica", "restoring", { primary: "n1", epoch: 2 });
    run.at(8_900).claim("n2", "replica", "idle", { primary: "n1", epoch: 2 });
    expect(run.verdict()).toMatchObject({ verdict: "holds", judged: 4 });
  });

  it.each([
    ["role", "candidate", 600],
    ["coordinator", "split_brain_detected", 1_200],
    ["fence", "fencing", 800],
    ["replica", "restoring", 5_000],
    ["shutdown", "under-way", 6_000],
  ])("is violated by %s=%s for longer than %i ms", (key, value, limitMs) => {
    const run = scene();
    const record = run.at(1_000).claim("n2", key, value, { term: 1, reason: "x", epoch: 1 });
    run.at(2_000 + limitMs).role("n1", "follower", 1);
    expect(run.violation()).toMatchObject({ record, nodes: ["n2"], time: (1_000 + limitMs + 20) * 1_000 });
    expect(run.violation().message).toContain(`n2 is still ${key}=${value} at `);
    const inTime = scene();
    inTime.at(1_000).claim("n2", key, value, { term: 1, reason: "x", epoch: 1 });
    inTime.at(1_000 + limitMs).claim("n2", key, "other", { term: 1, reason: "x", epoch: 1 });
    expect(inTime.verdict().verdict).toBe("holds");
  });

  it("counts no time in which the CPU of the node is slow", () => {
    const run = (slow: string): Scene => {
      const s = scene();
      s.at(500).fault("start", "busy", "slow", [slow]);
      s.at(1_000).claim("n2", "coordinator", "split_brain_detected");
      s.at(3_000).fault("stop", "busy", "slow", [slow]);
      s.at(4_100).claim("n2", "coordinator", "resolved");
      return s;
    };
    expect(run("n2").verdict()).toMatchObject({ verdict: "holds", judged: 1 });
    expect(run("n1").violation()).toMatchObject({ nodes: ["n2"], time: 2_220_000 });
  });

  it("counts no time in which the node is paused, and forgets a node that is down", () => {
    const run = scene();
    run.at(1_000).role("n1", "candidate", 1);
    run.at(1_400).process("n1", "paused", "pause");
    run.at(9_000).process("n1", "up", "resume");
    run.at(9_550).role("n1", "follower", 1);
    run.role("n2", "candidate", 2);
    run.at(9_600).process("n2", "down", "crash");
    expect(run.verdict()).toMatchObject({ verdict: "holds", judged: 1 });
    const awake = scene();
    awake.at(1_000).role("n1", "candidate", 1);
    awake.at(1_400).process("n1", "paused", "pause");
    awake.at(9_000).process("n1", "up", "resume");
    awake.at(10_000).role("n2", "follower", 1);
    expect(awake.violation().time).toBe(9_620_000);
  });

  it("asks what waits for the disk only while the disk is well", () => {
    const run = scene();
    run.at(1_000).fault("start", "slow", "disk-slow", ["n1"]);
    run.claim("n1", "fence", "fencing", { epoch: 1 });
    run.at(9_000).fault("stop", "slow", "disk-slow", ["n1"]);
    run.at(9_700).claim("n1", "fence", "fenced", { epoch: 1 });
    expect(run.verdict()).toMatchObject({ verdict: "holds", judged: 1 });
  });

  describe("a pre-candidate", () => {
    it("may go on while no leader is within reach", () => {
      const run = scene();
      run.at(500).role("n1", "leader", 1);
      run.at(1_000).links(["n3"], ["n1", "n2"], "cut");
      run.at(1_400).role("n3", "pre-candidate", 1);
      run.at(30_000).links(["n3"], ["n1", "n2"], "up");
      run.at(30_100).role("n3", "follower", 1);
      expect(run.verdict()).toMatchObject({ verdict: "holds", judged: 1 });
    });

    it("is violated beside a leader that it and a quorum can reach", () => {
      const run = scene();
      run.at(500).role("n1", "leader", 1);
      const record = run.at(1_000).role("n3", "pre-candidate", 1);
      run.at(4_100).role("n2", "follower", 1);
      expect(run.violation()).toMatchObject({ record, time: 4_020_000, nodes: ["n3"] });
    });

    it("is not asked for once the group has changed: who belongs to it no more may not know", () => {
      const run = scene();
      run.at(500).role("n1", "leader", 1);
      run.point("n1", "raft.config", { index: 4, term: 1, voters: "n1,n2", phase: "final" });
      run.at(1_000).role("n3", "pre-candidate", 1);
      run.at(20_000).role("n3", "follower", 1);
      expect(run.verdict()).toMatchObject({ verdict: "holds" });
    });
  });

  it("is violated by a log's snapshot that does not arrive whole, though its leader is within reach", () => {
    const run = scene();
    run.at(500).role("n1", "leader", 1);
    run.at(1_000).claim("n3", "snapshot", "installing", { index: 40, from: "n1" });
    const next = run.at(4_000).claim("n3", "snapshot", "installing", { index: 90, from: "n1" });
    run.at(9_100).role("n2", "follower", 1);
    expect(run.violation()).toMatchObject({ record: next, time: 9_020_000, nodes: ["n3"] });
  });

  it("is violated by a primary that leaves a replica within reach without an answer", () => {
    const run = scene({ config: { ...BOUNDS.config, durability: "async" } });
    const asks = run.at(1_000).claim("n2", "replica", "asking", { primary: "n1", epoch: 1 });
    // Nobody is primary yet.
    run.at(9_000).claim("n1", "writable", "yes", { epoch: 1 });
    run.at(14_100).role("n3", "follower", 1);
    expect(run.violation()).toMatchObject({ record: asks, time: 14_020_000 });
    expect(run.violation().message).toContain("though what it waits for is there since 9.000 s");
  });

  describe("a transfer", () => {
    const transfer = (run: Scene, outcome: string): RecordId =>
      run.point("n1", "raft.transfer", { term: 1, target: "n2", outcome });

    it("holds when it ends within one election timeout, to whichever end", () => {
      const run = scene();
      transfer(run.at(6_000), "started");
      transfer(run, "sent");
      transfer(run.at(6_300), "aborted");
      transfer(run.at(7_000), "started");
      transfer(run.at(7_050), "lost");
      expect(run.verdict()).toMatchObject({ verdict: "holds", judged: 2 });
    });

    it("is violated by one that does not end", () => {
      const run = scene();
      const started = transfer(run.at(6_000), "started");
      transfer(run.at(6_100), "sent");
      run.at(7_000).role("n3", "follower", 1);
      expect(run.violation()).toMatchObject({ record: started, time: 6_320_000 });
      expect(run.violation().message).toContain("n1 is still transfer=running");
    });

    it("is violated by one that is given up although its target has been within reach for long and was never told", () => {
      const run = scene();
      transfer(run.at(6_000), "started");
      const aborted = transfer(run.at(6_300), "aborted");
      expect(run.violation()).toMatchObject({ record: aborted, nodes: ["n1", "n2"] });
      expect(run.violation().message).toContain("it never found n2 to have everything");
    });

    it("may be given up when its target was away a moment ago", () => {
      const run = scene();
      run.at(5_000).links(["n2"], ["n1"], "cut");
      run.at(5_900).links(["n2"], ["n1"], "up");
      transfer(run.at(6_000), "started");
      transfer(run.at(6_300), "aborted");
      expect(run.verdict()).toMatchObject({ verdict: "holds", judged: 1 });
    });
  });

  describe("a half-open breaker", () => {
    function halfOpen(): Scene {
      const run = scene({ program: "pos-adapter" });
      run.point("n1", "breaker.config", { name: "ofd", callTimeoutMs: 1_000, successThreshold: 2 });
      run.at(5_000).claim("n1", "breaker>ofd", "half-open", { generation: 3 });
      run.point("n1", "breaker.call", { name: "ofd", id: 1, generation: 3 });
      return run;
    }

    it("may wait for traffic, and for probes that say nothing", () => {
      const run = halfOpen();
      run.at(9_000).point("n1", "breaker.result", { name: "ofd", id: 1, generation: 3, result: "ignored" });
      run.point("n1", "breaker.call", { name: "ofd", id: 2, generation: 3 });
      run.at(20_000).point("n1", "breaker.call", { name: "ofd", id: 3, generation: 3 });
      run.at(20_900).claim("n1", "breaker>ofd", "closed", { generation: 4 });
      expect(run.verdict()).toMatchObject({ verdict: "holds", judged: 1 });
    });

    it("is violated when all its probes have had their time", () => {
      const run = halfOpen();
      run.at(6_000).point("n1", "breaker.call", { name: "ofd", id: 2, generation: 3 });
      run.at(8_000).claim("n1", "sync", "idle");
      expect(run.violation()).toMatchObject({ nodes: ["n1"], time: 7_020_000 });
      expect(run.violation().message).toContain("still half-open at 7.020 s, though 2 probes have had their time");
    });
  });
});
