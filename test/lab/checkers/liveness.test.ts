import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findClique } from "../../../src/lab/checkers/views/clique.ts";
import { Scene } from "./scene.ts";

describe("leader-exists (I41)", () => {
  it("holds when a connected quorum elects within 10·ET, at the start and after a cut", () => {
    const scene = new Scene("leader-exists");
    scene.at(500).role("n1", "leader", 1);
    scene.at(5_000).links(["n1"], ["n2", "n3"], "cut");
    scene.at(5_300).role("n1", "follower", 1);
    scene.at(6_000).role("n2", "leader", 2);
    expect(scene.verdict()).toMatchObject({ verdict: "holds", judged: 2 });
  });

  it("is violated by a connected quorum without a leader", () => {
    const scene = new Scene("leader-exists");
    scene.at(500).role("n1", "leader", 1);
    scene.at(5_000).links(["n1"], ["n2", "n3"], "cut");
    expect(scene.violation()).toMatchObject({
      time: 8_000_000,
      nodes: ["n2", "n3"],
      message:
        "n2, n3 have been connected with each other since 5.000 s, but there was no leader from 5.000 s to 8.000 s",
      expected: "a leader within 3.000 s",
    });
  });

  it("does not take a leader for one that reaches no quorum, and judges nobody where no quorum is connected", () => {
    const scene = new Scene("leader-exists");
    scene.at(500).role("n1", "leader", 1);
    scene.at(1_000).links(["n1"], ["n2", "n3"], "cut").links(["n2"], ["n3"], "cut");
    expect(scene.verdict()).toMatchObject({ verdict: "holds", judged: 1 });
  });

  it("takes the scenario's bound, and starts anew while something disturbs the quorum", () => {
    const bounded = new Scene("leader-exists", { bounds: { "leader-exists": { bound: 1_000_000 } } });
    expect(bounded.violation().time).toBe(1_000_000);

    const slow = new Scene("leader-exists");
    slow.at(100).fault("start", "slow-disks", "delay");
    slow.at(20_000).fault("stop", "slow-disks", "delay");
    slow.at(21_000).role("n1", "leader", 1);
    expect(slow.verdict()).toMatchObject({ verdict: "holds", judged: 1 });
  });

  it("still judges under loss and jitter that the bounds allow for", () => {
    const scene = new Scene("leader-exists");
    scene.at(100).trace.fault("start", "some-loss", {
      kind: "loss",
      spec: '{"kind":"loss","rate":"2%"}',
      groups: "[]",
      roles: "{}",
    });
    scene.trace.fault("start", "some-jitter", {
      kind: "jitter",
      spec: '{"kind":"jitter","upTo":"50ms"}',
      groups: "[]",
      roles: "{}",
    });
    expect(scene.verdict()).toMatchObject({ verdict: "violated" });

    const heavy = new Scene("leader-exists");
    heavy
      .at(100)
      .trace.fault("start", "loss", { kind: "loss", spec: '{"kind":"loss","rate":"30%"}', groups: "[]", roles: "{}" });
    expect(heavy.verdict()).toMatchObject({ verdict: "inconclusive" });
  });

  it("is not exercised on a network that is slower than the bounds allow for", () => {
    const [verdict] = new Scene("all", { network: { latencyUsHigh: 400_000, lossPpm: 0 } })
      .verdicts()
      .filter((one) => one.invariant === "I41");
    expect(verdict).toMatchObject({ verdict: "not-exercised", reason: expect.stringContaining("0.400 s") as string });
  });
});

describe("cut-off-leader-stops (I42)", () => {
  function cutOff(config: { leases?: "off" } = {}): Scene {
    const scene = new Scene("cut-off-leader-stops", { config });
    scene.at(500).claim("n1", "writable", "yes", { epoch: 1 });
    scene.at(1_000).links(["n1"], ["n2", "n3"], "cut");
    return scene;
  }

  it("holds when writes end within a lease of the last quorum", () => {
    const scene = cutOff();
    scene.at(1_100).accept("n1", 1);
    scene.at(1_220).claim("n1", "writable", "no", { epoch: 1, reason: "no-lease" });
    expect(scene.verdict()).toMatchObject({ verdict: "holds", judged: 1 });
  });

  it("is violated by a write that is let in later", () => {
    const scene = cutOff();
    scene.claim("n1", "writable", "no", { epoch: 1, reason: "no-lease" });
    const late = scene.at(1_400).accept("n1", 1);
    expect(scene.violation()).toMatchObject({
      record: late,
      nodes: ["n1"],
      message: "n1 accepted a write of epoch 1 at 1.400 s, but it last reached a quorum at 1.000 s",
      expected: "no write after 1.226 s",
    });
  });

  it("is violated by a node that goes on saying that it may write", () => {
    expect(cutOff().violation()).toMatchObject({ time: 1_246_000, observed: "still says writable=yes" });
  });

  it("counts no learner into the quorum", () => {
    const scene = new Scene("cut-off-leader-stops", { nodes: 5, config: { learners: ["n4", "n5"] } });
    scene.at(500).claim("n1", "writable", "yes", { epoch: 1 });
    scene.at(1_000).links(["n1", "n4", "n5"], ["n2", "n3"], "cut");
    scene.at(2_000).accept("n1", 1);
    expect(scene.verdict()).toMatchObject({ verdict: "violated" });
  });

  it("leaves a pause out, but not what a lease forbids after it", () => {
    const scene = cutOff();
    scene.process("n1", "paused", "pause");
    scene.at(3_000).process("n1", "up", "resume");
    scene.at(3_005).claim("n1", "writable", "no", { epoch: 1, reason: "no-lease" });
    scene.claim("n2", "writable", "no", { epoch: 1, reason: "not-leader" });
    expect(scene.verdict().verdict).not.toBe("violated");

    const late = cutOff();
    late.process("n1", "paused", "pause");
    late.at(3_000).process("n1", "up", "resume");
    late.accept("n1", 1);
    expect(late.verdict()).toMatchObject({ verdict: "violated" });
  });

  it("allows D_max without leases", () => {
    const scene = cutOff({ leases: "off" });
    scene.at(1_900).accept("n1", 1);
    scene.at(1_940).claim("n1", "writable", "no", { epoch: 1, reason: "fenced" });
    expect(scene.verdict()).toMatchObject({ verdict: "holds", judged: 1 });
  });
});

describe("healed-nodes-rejoin (I43)", () => {
  function healed(): Scene {
    const scene = new Scene("healed-nodes-rejoin");
    for (const node of ["n1", "n2", "n3"]) scene.claim(node, "coordinator", "healthy");
    scene.at(400).role("n2", "leader", 1);
    scene.role("n1", "follower", 1);
    scene.role("n3", "follower", 1);
    for (const node of ["n1", "n2", "n3"]) scene.commit(node, 1, 1);
    scene.at(1_000).links(["n1"], ["n2", "n3"], "cut");
    scene.role("n1", "pre-candidate", 1);
    scene.at(2_000).commit("n2", 5, 1);
    scene.commit("n3", 5, 1);
    scene.at(10_000).links(["n1"], ["n2", "n3"], "up");
    return scene;
  }

  it("holds when every node is back, healthy and caught up in time", () => {
    const scene = healed();
    scene.at(10_100).role("n1", "follower", 1);
    scene.at(10_200).commit("n1", 5, 1);
    expect(scene.verdict()).toMatchObject({ verdict: "holds", judged: 3 });
  });

  it("is violated by a node that stays away, behind or unhealthy", () => {
    expect(healed().violation()).toMatchObject({
      time: 15_000_000,
      nodes: ["n1"],
      message: "n1 has not rejoined by 15.000 s although everything was healed at 10.000 s: role=pre-candidate",
    });

    const behind = healed();
    behind.at(10_100).role("n1", "follower", 1);
    expect(behind.violation().observed).toBe("commit index 1 of 5");

    const resolved = healed();
    resolved.at(10_100).role("n1", "follower", 1);
    resolved.commit("n1", 5, 1);
    resolved.claim("n1", "coordinator", "resolved");
    resolved.commit("n2", 6, 1);
    // It had been back for a moment: that is what is asked.
    expect(resolved.verdict()).toMatchObject({ verdict: "holds" });
  });

  it("judges nothing when the run ends before the bound, or the heal does not last", () => {
    expect(healed().verdict(12_000)).toMatchObject({ verdict: "inconclusive", judged: 0 });
    const flapping = healed();
    flapping.at(13_000).link("n1", "n2", "cut");
    expect(flapping.verdict()).toMatchObject({ judged: 0 });
  });
});

describe("stable-leadership (I44)", () => {
  function settled(): Scene {
    const scene = new Scene("stable-leadership");
    scene.at(400).role("n1", "leader", 1);
    scene.role("n2", "follower", 1);
    scene.role("n3", "follower", 1);
    return scene;
  }

  it("holds while the leader stays, whoever comes and goes, and when it is cut off itself", () => {
    const scene = settled();
    scene.at(2_000).process("n3", "down", "crash");
    scene.at(4_000).process("n3", "up", "restart");
    scene.role("n3", "follower", 1);
    scene.at(9_000).links(["n1"], ["n2", "n3"], "cut");
    scene.at(9_400).role("n1", "follower", 1);
    scene.at(10_000).role("n2", "leader", 2);
    expect(scene.verdict()).toMatchObject({ verdict: "holds", judged: 2 });
  });

  it("is violated by a leader that gives up, and by a later term", () => {
    const gaveUp = settled();
    const down = gaveUp.at(5_000).role("n1", "follower", 2);
    expect(gaveUp.violation()).toMatchObject({
      record: down,
      nodes: ["n1"],
      message:
        "n1 led term 1 since 0.400 s and has reached a quorum all along, but at 5.000 s n1 gave it up (role=follower in term 2)",
    });

    const rival = settled();
    rival.at(4_000).links(["n1"], ["n3"], "cut");
    const candidate = rival.at(5_000).role("n3", "candidate", 2);
    expect(rival.violation()).toMatchObject({ record: candidate, nodes: ["n1", "n3"] });
  });

  it("judges no leader that is unhealthy, hands over, or has just been connected", () => {
    const unhealthy = settled();
    unhealthy.at(5_000).claim("n1", "health", "unhealthy", { reason: "disk" });
    unhealthy.role("n1", "follower", 1);
    expect(unhealthy.verdict().verdict).not.toBe("violated");

    const slow = settled();
    slow.at(4_000).fault("start", "slow", "slow", ["n1"]);
    slow.at(5_000).role("n1", "follower", 1);
    expect(slow.verdict().verdict).not.toBe("violated");

    const blip = settled();
    blip.at(4_000).links(["n1"], ["n2", "n3"], "cut").at(4_250).links(["n1"], ["n2", "n3"], "up");
    blip.at(4_400).role("n1", "follower", 1);
    expect(blip.verdict()).toMatchObject({ verdict: "holds", judged: 1 });
  });
});

describe("findClique", () => {
  it("finds a quorum of mutually linked members exactly when there is one", () => {
    const graphs = fc.integer({ min: 1, max: 7 }).chain((size) =>
      fc.record({
        size: fc.constant(size),
        wanted: fc.integer({ min: 1, max: size }),
        cut: fc.uniqueArray(fc.tuple(fc.nat(size - 1), fc.nat(size - 1))),
        away: fc.uniqueArray(fc.nat(size - 1), { maxLength: 2 }),
      }),
    );
    fc.assert(
      fc.property(graphs, ({ size, wanted, cut, away }) => {
        const isLinked = (a: number, b: number): boolean =>
          !cut.some(([x, y]) => (x === a && y === b) || (x === b && y === a));
        const isMember = (one: number): boolean => !away.includes(one);
        const found = findClique({ size, wanted, isLinked, isMember });
        const isClique = (members: readonly number[]): boolean =>
          members.every((a) => isMember(a) && members.every((b) => a === b || isLinked(a, b)));
        let exists = false;
        for (let set = 0; set < 1 << size; set++) {
          const members = Array.from({ length: size }, (_, i) => i).filter((i) => (set >> i) % 2 === 1);
          exists ||= members.length >= wanted && isClique(members);
        }
        expect(found.length > 0).toBe(exists);
        if (exists) expect(found.length >= wanted && isClique(found)).toBe(true);
      }),
    );
  });
});
