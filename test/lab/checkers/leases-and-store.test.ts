import { describe, expect, it } from "vitest";
import { Scene } from "./scene.ts";

describe("lease-disjointness (I07)", () => {
  it("holds when the second lease begins after the first has ended, said or not", () => {
    const scene = new Scene("lease-disjointness");
    scene.at(100).lease("n1", 1, 225);
    scene.at(200).process("n1", "paused", "pause");
    scene.at(330).lease("n2", 2, 225);
    scene.at(400).lease("n2", 2, 0);
    scene.at(401).lease("n1", 3, 225);
    expect(scene.verdict()).toMatchObject({ verdict: "holds", judged: 3 });
  });

  it("is violated by two leases at one time", () => {
    const scene = new Scene("lease-disjointness");
    scene.at(100).lease("n1", 1, 225);
    const second = scene.at(300).lease("n2", 2, 225);
    expect(scene.violation()).toMatchObject({
      record: second,
      time: 300_000,
      nodes: ["n1", "n2"],
      observed: "two leases at 0.300 s",
    });
  });

  it("is violated by a lease that a running node goes on believing in past its deadline", () => {
    const scene = new Scene("lease-disjointness");
    scene.at(100).lease("n1", 1, 225);
    scene.at(900).lease("n2", 2, 225);
    expect(scene.violation().message).toContain(
      "the lease of n1 of term 1, held since 0.100 s, is held on beyond its deadline at 0.324 s",
    );
  });

  it("reckons the deadline at the rate of the holder's clock", () => {
    const scene = new Scene("lease-disjointness");
    scene.clock("n1", -10_000);
    scene.at(100).lease("n1", 1, 226);
    scene.process("n1", "paused", "pause");
    // 225 ms of a clock that is 1 % slow take 227.27 ms.
    scene.at(326).lease("n2", 2, 225);
    expect(scene.verdict()).toMatchObject({ verdict: "violated" });
  });

  it("is not exercised beyond rho, and a crash ends a lease", () => {
    const fast = new Scene("all");
    fast.at(100).lease("n1", 1, 225);
    fast.clock("n3", 50_000);
    fast.at(150).lease("n2", 2, 225);
    const verdict = fast.verdicts().find((one) => one.invariant === "I07");
    expect(verdict).toMatchObject({
      verdict: "not-exercised",
      reason: expect.stringContaining("n3 ran at 50000 ppm") as string,
    });

    const config = { durability: "async", election: "lease", leaseStore: "redis1" };
    const stepped = new Scene("all", { config });
    stepped.at(100).lease("n1", 1, 225);
    stepped.trace.state(1, "redis1", "clock", "+5 s", { offsetUs: 5_000_000, ppm: 0, frozen: false });
    stepped.at(150).lease("n2", 2, 225);
    expect(stepped.verdicts().find((one) => one.invariant === "I07")).toMatchObject({
      verdict: "not-exercised",
      reason: expect.stringContaining("redis1, which counts the leases, was set anew at 0.100 s") as string,
    });

    const crash = new Scene("lease-disjointness");
    crash.at(100).lease("n1", 1, 225);
    crash.process("n1", "down", "crash");
    crash.at(150).lease("n2", 2, 225);
    expect(crash.verdict()).toMatchObject({ verdict: "holds" });
  });
});

describe("single-primary (I08)", () => {
  it("holds when the old primary is paused past its lease, although it never said no", () => {
    const scene = new Scene("single-primary");
    scene.at(100).lease("n1", 1, 225);
    scene.claim("n1", "writable", "yes", { epoch: 1 });
    scene.accept("n1", 1);
    scene.at(200).process("n1", "paused", "pause");
    scene.at(800).lease("n2", 2, 225);
    scene.claim("n2", "writable", "yes", { epoch: 2 });
    scene.accept("n2", 2);
    expect(scene.verdict()).toMatchObject({ verdict: "holds", judged: 4 });
  });

  it("is violated by two nodes that may write at one time", () => {
    const scene = new Scene("single-primary");
    scene.at(100).lease("n1", 1, 225);
    const first = scene.claim("n1", "writable", "yes", { epoch: 1 });
    const second = scene.at(250).claim("n2", "writable", "yes", { epoch: 2 });
    expect(scene.violation()).toMatchObject({
      record: second,
      related: [first],
      nodes: ["n1", "n2"],
      message: "n2 may write at 0.250 s while n1 may write since 0.100 s and until its lease ends at 0.324 s",
    });
  });

  it("is violated by a write of an older epoch than another gate accepted", () => {
    const scene = new Scene("single-primary");
    const first = scene.at(100).accept("n2", 2);
    const stale = scene.at(300).accept("n1", 1);
    expect(scene.violation()).toMatchObject({ record: stale, related: [first], facts: { epoch: 1, otherEpoch: 2 } });
  });

  describe("without leases", () => {
    // D_max = 2·300 + 100 + 250 = 950 ms.
    const off = { config: { leases: "off" } } as const;

    it("holds while an overlap lasts no longer than D_max of running time", () => {
      const scene = new Scene("single-primary", off);
      scene.at(100).claim("n1", "writable", "yes", { epoch: 1 });
      scene.at(500).claim("n2", "writable", "yes", { epoch: 2 });
      scene.accept("n2", 2);
      scene.at(900).process("n1", "paused", "pause");
      scene.at(5_000).process("n1", "up", "resume");
      scene.at(5_500).accept("n1", 1);
      scene.at(5_540).claim("n1", "writable", "no", { epoch: 1, reason: "fenced" });
      expect(scene.verdict()).toMatchObject({ verdict: "holds" });
    });

    it("is violated by a longer overlap", () => {
      const scene = new Scene("single-primary", off);
      scene.at(100).claim("n1", "writable", "yes", { epoch: 1 });
      const second = scene.at(500).claim("n2", "writable", "yes", { epoch: 2 });
      expect(scene.violation()).toMatchObject({
        record: second,
        time: 1_450_000,
        message: "n1 and n2 both may write since 0.500 s, still at 1.450 s, longer than D_max = 0.950 s",
      });
    });

    it("takes the scenario's bound", () => {
      const scene = new Scene("single-primary", { ...off, bounds: { "single-primary": { bound: 2_000_000 } } });
      scene.at(100).claim("n1", "writable", "yes", { epoch: 1 });
      scene.at(500).claim("n2", "writable", "yes", { epoch: 2 });
      scene.at(2_400).claim("n1", "writable", "no", { epoch: 1, reason: "fenced" });
      expect(scene.verdict()).toMatchObject({ verdict: "holds" });
    });
  });
});

describe("no-stale-epoch (I09)", () => {
  it("holds for epochs that grow, and for a store rebuilt from its log", () => {
    const scene = new Scene("no-stale-epoch");
    scene.apply(["n1"], 1, 1, 1);
    scene.apply(["n1"], 2, 2, 2);
    scene.process("n1", "down", "crash");
    scene.process("n1", "up", "restart");
    scene.apply(["n1"], 1, 1, 1);
    scene.apply(["n1"], 2, 2, 2);
    scene.accept("n1", 3);
    expect(scene.verdict()).toMatchObject({ verdict: "holds", judged: 5 });
  });

  it("is violated by a commit of an older epoch", () => {
    const scene = new Scene("no-stale-epoch");
    scene.at(100).apply(["n1"], 1, 2, 1);
    scene
      .at(200)
      .point("n1", "store.commit", { epoch: 1, index: 2, key: "k", value: 1, client: "c1", seq: 2, maxEpoch: 2 });
    expect(scene.violation()).toMatchObject({
      nodes: ["n1"],
      message: "the store of n1 committed a write of epoch 1 at 0.200 s, but it knows epoch 2 since 0.100 s",
      expected: "an epoch of at least 2",
    });
  });

  it("is violated by a write that is let in with an older epoch, even after a restart", () => {
    const scene = new Scene("no-stale-epoch");
    scene.apply(["n1"], 1, 2, 1);
    scene.process("n1", "down", "crash");
    scene.process("n1", "up", "restart");
    const stale = scene.accept("n1", 1);
    expect(scene.violation().record).toBe(stale);
  });
});

describe("ack-implies-commit (I10)", () => {
  it("holds for a write that is durable on a majority and applied", () => {
    const scene = new Scene("ack-implies-commit");
    const id = scene.request("n1", 1);
    scene.append(["n1", "n2"], 1, 1);
    scene.apply(["n1"], 1, 1, 1);
    scene.reply("n1", id);
    expect(scene.verdict()).toMatchObject({ verdict: "holds", judged: 1 });
  });

  it("is violated by an answer while only the leader has the entry", () => {
    const scene = new Scene("ack-implies-commit");
    const id = scene.request("n1", 1);
    scene.append(["n1"], 1, 1);
    scene.apply(["n1"], 1, 1, 1);
    scene.at(300).reply("n1", id);
    expect(scene.violation()).toMatchObject({
      nodes: ["n1", "c1"],
      message:
        'n1 acknowledged write c1#1 of "k" to c1 at 0.300 s while entry 1, which holds it, is durable on 1 of 3 voters',
      observed: "durable on 1",
    });
  });

  it("is violated by an answer before the write took effect anywhere, and says nothing of refusals", () => {
    const scene = new Scene("ack-implies-commit");
    scene.reply("n1", scene.request("n1", 1), "info");
    scene.reply("n1", scene.request("n1", 2));
    expect(scene.violation().observed).toBe("not committed");
  });

  it("is not exercised by programs that are no ha-node", () => {
    const [verdict] = new Scene("all", { program: "mine" }).verdicts().filter((one) => one.invariant === "I10");
    expect(verdict).toMatchObject({ verdict: "not-exercised", reason: "no node runs ha-node" });
  });
});

describe("no-lost-ack (I11)", () => {
  function acked(): Scene {
    const scene = new Scene("no-lost-ack");
    scene.role("n1", "leader", 1);
    const id = scene.request("n1", 1);
    scene.append(["n1", "n2"], 1, 1);
    scene.commit("n1", 1, 1);
    scene.apply(["n1", "n2"], 1, 1, 1);
    scene.at(400).reply("n1", id);
    return scene;
  }

  it("holds when the write is on every live node that came that far, whatever was written later", () => {
    const scene = acked();
    scene.append(["n1", "n2"], 2, 1);
    scene.apply(["n1", "n2"], 2, 1, 2);
    expect(scene.verdict()).toMatchObject({ verdict: "holds", judged: 1 });
  });

  it("is violated when the newest leader has committed less", () => {
    const lost = new Scene("no-lost-ack");
    lost.role("n1", "leader", 1);
    const id = lost.request("n1", 9);
    lost.apply(["n1"], 2, 1, 9);
    lost.at(400).reply("n1", id);
    lost.at(2_000).role("n3", "leader", 2);
    lost.append(["n3"], 1, 2);
    lost.commit("n3", 1, 2);
    expect(lost.violation(5_000)).toMatchObject({
      time: 5_000_000,
      nodes: ["c1", "n3"],
      message: expect.stringContaining(
        'write c1#9 of "k" was acknowledged to c1 at 0.400 s and is lost at 5.000 s',
      ) as string,
    });
  });

  it("is violated when a node has applied another command in its place", () => {
    const scene = acked();
    scene.apply(["n3"], 1, 2, 5);
    expect(scene.violation()).toMatchObject({
      nodes: ["c1", "n3"],
      observed: "n3 has applied another command as entry 1",
    });
  });

  it("takes a write to be where a snapshot was put in place that has it, and to be lost where one has it not", () => {
    const scene = acked();
    scene.point("n2", "raft.snapshot", { index: 1, term: 1, hash: 5, isBare: false });
    scene.point("n3", "raft.restore", { index: 1, term: 1, hash: 5, isBare: false, from: "n1" });
    expect(scene.verdict().verdict).toBe("holds");
    const other = acked();
    other.point("n2", "raft.snapshot", { index: 1, term: 1, hash: 5, isBare: false });
    other.point("n3", "raft.restore", { index: 1, term: 1, hash: 6, isBare: false, from: "n1" });
    expect(other.violation()).toMatchObject({ observed: "n3 has applied another command as entry 1" });
  });

  it("is inconclusive without a leader at the end", () => {
    const scene = acked();
    scene.role("n1", "follower", 2);
    expect(scene.verdict()).toMatchObject({ verdict: "inconclusive", judged: 0 });
  });
});

describe("no-uncaught-exception", () => {
  it("holds for crashes and decisions, and is violated by a program's own error", () => {
    const scene = new Scene("no-uncaught-exception");
    scene.process("n1", "down", "crash");
    scene.process("n2", "down", "fail-stop");
    expect(scene.verdict()).toMatchObject({ verdict: "holds", judged: 3 });

    const broken = new Scene("no-uncaught-exception");
    const down = broken.at(700).process("n2", "down", "uncaught", { error: "TypeError: x" });
    expect(broken.violation()).toMatchObject({
      record: down,
      nodes: ["n2"],
      message: "the program of n2 died of an uncaught error at 0.700 s: TypeError: x",
    });
  });
});
