import { describe, expect, it } from "vitest";
import { Scene } from "./scene.ts";

describe("election-safety (I01)", () => {
  it("holds while each term has one sender, restarts included", () => {
    const scene = new Scene("election-safety");
    scene.at(400).role("n1", "leader", 1);
    scene.heartbeat("n1", "n2", 1);
    scene.at(500).heartbeat("n1", "n3", 1);
    scene.at(900).role("n2", "leader", 2);
    scene.send("n2", "n1", { type: "raft.append", term: 2 });
    expect(scene.verdict()).toMatchObject({ verdict: "holds", judged: 2 });
  });

  it("is violated by a second sender of heartbeats in one term, whatever both claim", () => {
    const scene = new Scene("election-safety");
    const first = scene.at(12_391).heartbeat("n2", "n1", 7);
    const second = scene.at(12_408).heartbeat("n1", "n3", 7);
    expect(scene.violation()).toMatchObject({
      record: second,
      nodes: ["n2", "n1"],
      related: [first],
      message: "n1 acted as leader of term 7 at 12.408 s, but n2 has led term 7 since 12.391 s",
    });
  });

  it("is violated by a claim that contradicts the messages", () => {
    const scene = new Scene("election-safety");
    scene.at(400).heartbeat("n1", "n2", 1);
    const claim = scene.at(450).role("n3", "leader", 1);
    expect(scene.violation().record).toBe(claim);
  });
});

describe("log-matching (I02)", () => {
  it("holds for logs that agree, and for a conflict that is truncated first", () => {
    const scene = new Scene("log-matching");
    scene.append(["n1", "n2"], 1, 1);
    scene.append(["n1"], 2, 1);
    scene.append(["n2"], 2, 2, { prevTerm: 1 });
    scene.point("n1", "raft.truncate", { from: 2 });
    scene.append(["n1"], 2, 2, { prevTerm: 1 });
    expect(scene.verdict()).toMatchObject({ verdict: "holds", judged: 6 });
  });

  it("is violated by two contents with one index and term", () => {
    const scene = new Scene("log-matching");
    const first = scene.at(100).append(["n1"], 1, 1, { hash: 5 });
    const second = scene.at(200).append(["n2"], 1, 1, { hash: 6 });
    expect(scene.violation()).toMatchObject({
      record: second,
      nodes: ["n1", "n2"],
      related: [first],
      expected: "command with hash 5 after term 0",
      observed: "command with hash 6 after term 0",
    });
  });

  it("knows what the log of a member begins behind: it goes on after a snapshot, and after no other entry", () => {
    for (const prevTerm of [2, 1]) {
      const scene = new Scene("log-matching");
      scene.append(["n1"], 1, 1);
      scene.append(["n2"], 1, 2);
      scene.append(["n2"], 2, 2, { prevTerm: 2 });
      scene.commit("n2", 2, 2);
      scene.point("n1", "raft.install", { index: 2, term: 2, hash: 5, isBare: false, from: "n2" });
      scene.append(["n1"], 3, 2, { prevTerm });
      if (prevTerm === 2) expect(scene.verdict().verdict).toBe("holds");
      else expect(scene.violation()).toMatchObject({ expected: "prevTerm 2", observed: "prevTerm 1" });
    }
  });

  it("is violated by a gap, by an overwritten entry and by a wrong previous term", () => {
    const gap = new Scene("log-matching");
    gap.append(["n1"], 1, 1);
    gap.append(["n1"], 3, 1);
    expect(gap.violation().observed).toBe("a gap before entry 3");

    const overwritten = new Scene("log-matching");
    overwritten.append(["n1"], 1, 1);
    overwritten.append(["n1"], 1, 2);
    expect(overwritten.violation().observed).toBe("entry 1 replaced without a truncation");

    const wrong = new Scene("log-matching");
    wrong.append(["n1"], 1, 1);
    wrong.append(["n1"], 2, 3, { prevTerm: 2 });
    expect(wrong.violation()).toMatchObject({ expected: "prevTerm 1", observed: "prevTerm 2" });
  });

  it("is violated by a leader that removes an entry of its own term", () => {
    const scene = new Scene("log-matching");
    scene.at(100).role("n1", "leader", 2);
    scene.append(["n1"], 1, 2);
    const truncate = scene.at(200).point("n1", "raft.truncate", { from: 1 });
    expect(scene.violation()).toMatchObject({ record: truncate, nodes: ["n1"], expected: "a leader only appends" });
  });

  it("accepts that a crash left more of a log than was told", () => {
    const scene = new Scene("log-matching");
    scene.append(["n1", "n2"], 1, 1);
    scene.append(["n2"], 2, 1);
    scene.process("n1", "down", "kill");
    scene.process("n1", "up", "restart");
    scene.append(["n1", "n2"], 3, 2, { prevTerm: 1 });
    expect(scene.verdict()).toMatchObject({ verdict: "holds" });
  });
});

describe("leader-completeness (I03)", () => {
  function committed(): Scene {
    const scene = new Scene("leader-completeness");
    scene.at(100).role("n1", "leader", 1);
    scene.append(["n1", "n2"], 1, 1);
    scene.commit("n1", 1, 1);
    return scene;
  }

  it("holds for a later leader that has the entry", () => {
    const scene = committed();
    scene.at(900).role("n2", "leader", 2);
    scene.append(["n2"], 2, 2, { prevTerm: 1 });
    expect(scene.verdict()).toMatchObject({ verdict: "holds", judged: 2 });
  });

  it("holds for a leader whose entry becomes durable after its election", () => {
    const scene = committed();
    scene.at(900).role("n3", "leader", 2);
    scene.append(["n3"], 1, 1);
    scene.append(["n3"], 2, 2, { prevTerm: 1 });
    expect(scene.verdict()).toMatchObject({ verdict: "holds" });
  });

  it("is violated by a leader that has another entry there, at its election", () => {
    const scene = committed();
    scene.append(["n3"], 1, 0);
    const elected = scene.at(900).role("n3", "leader", 2);
    expect(scene.violation()).toMatchObject({
      record: elected,
      nodes: ["n3"],
      facts: { index: 1, expectedTerm: 1, observedTerm: 0 },
    });
  });

  it("is violated by a leader that appends its own entry there", () => {
    const scene = committed();
    scene.at(900).role("n3", "leader", 2);
    const own = scene.append(["n3"], 1, 2);
    expect(scene.violation()).toMatchObject({ record: own, nodes: ["n3"] });
  });

  it("is violated by a leader that commits an entry of an earlier term by counting replicas", () => {
    const scene = new Scene("leader-completeness");
    scene.append(["n1", "n2"], 1, 1);
    scene.at(900).role("n1", "leader", 3);
    const commit = scene.commit("n1", 1, 3, 1);
    expect(scene.violation()).toMatchObject({
      record: commit,
      message: "n1, leader of term 3, committed entry 1 of term 1 by itself at 0.900 s",
    });
  });

  it("is violated by two committed entries at one index", () => {
    const scene = committed();
    const second = scene.at(900).commit("n3", 1, 2, 2);
    expect(scene.violation().record).toBe(second);
  });
});

describe("state-machine-safety (I04)", () => {
  it("holds for equal commands in order, again after a restart, and for a repeated command without effect", () => {
    const scene = new Scene("state-machine-safety");
    scene.apply(["n1", "n2"], 1, 1, 1);
    scene.apply(["n1", "n2"], 2, 1, 1, { effect: false });
    scene.process("n1", "down", "crash");
    scene.process("n1", "up", "restart");
    scene.apply(["n1"], 1, 1, 1);
    expect(scene.verdict()).toMatchObject({ verdict: "holds", judged: 8 });
  });

  it("is violated by different commands at one index", () => {
    const scene = new Scene("state-machine-safety");
    scene.apply(["n1"], 1, 1, 1);
    const other = scene.at(250).apply(["n2"], 1, 2, 2);
    expect(scene.violation()).toMatchObject({
      record: other,
      nodes: ["n2"],
      expected: "term 1, hash 101",
      observed: "term 2, hash 102",
    });
  });

  it("is violated by a command that takes effect twice", () => {
    const scene = new Scene("state-machine-safety");
    const first = scene.apply(["n1"], 1, 1, 7);
    scene.at(250).apply(["n1"], 2, 1, 7);
    expect(scene.violation()).toMatchObject({
      message: "command c1#7 took effect at index 2 on n1 at 0.250 s, but also at index 1",
      related: [first],
    });
  });

  it("is violated by an index that is skipped or applied twice by one incarnation", () => {
    const skipped = new Scene("state-machine-safety");
    skipped.apply(["n1"], 1, 1, 1);
    skipped.apply(["n1"], 3, 1, 3);
    expect(skipped.violation()).toMatchObject({ expected: "entry 2", observed: "entry 3" });
    const twice = new Scene("state-machine-safety");
    twice.apply(["n1"], 1, 1, 1);
    twice.apply(["n1"], 1, 1, 1);
    expect(twice.violation()).toMatchObject({ expected: "entry 2", observed: "entry 1" });
  });

  /** n1 and n2 commit and apply an entry, of which n1 takes a snapshot. */
  function snapped(): Scene {
    const scene = new Scene("state-machine-safety");
    scene.append(["n1", "n2"], 1, 1);
    scene.commit("n1", 1, 1);
    scene.apply(["n1", "n2"], 1, 1, 1);
    scene.at(100).point("n1", "raft.snapshot", { index: 1, term: 1, hash: 5, isBare: false });
    return scene;
  }

  it("holds where snapshots of one index are equal, and a member goes on right after one; a witness has none to compare", () => {
    const scene = snapped();
    scene.point("n2", "raft.snapshot", { index: 1, term: 1, hash: 5, isBare: false });
    scene.point("n3", "raft.restore", { index: 1, term: 1, hash: 0, isBare: true, from: "n1" });
    scene.point("n3", "raft.restore", { index: 1, term: 1, hash: 5, isBare: false, from: "n1" });
    scene.apply(["n3"], 2, 1, 2);
    expect(scene.verdict().verdict).toBe("holds");
  });

  it("is violated by another snapshot of an index, taken or gone on from", () => {
    for (const [name, does] of [
      ["raft.snapshot", "took"],
      ["raft.restore", "goes on from"],
    ] as const) {
      const scene = snapped();
      const record = scene.at(250).point("n2", name, { index: 1, term: 1, hash: 6, isBare: false, from: "n1" });
      expect(scene.violation()).toMatchObject({
        record,
        expected: "hash 5",
        observed: "hash 6",
        message: `n2 ${does} another snapshot of index 1 at 0.250 s than n1 had: one of the two applied something else`,
      });
    }
  });

  it("is violated by a snapshot of what was not committed, and by an entry applied that a snapshot holds", () => {
    const early = snapped();
    early.at(250).point("n2", "raft.snapshot", { index: 2, term: 1, hash: 7, isBare: false });
    expect(early.violation().message).toBe(
      "n2 took a snapshot of index 2, term 1, at 0.250 s, where nothing was committed",
    );
    const again = snapped();
    again.point("n3", "raft.restore", { index: 1, term: 1, hash: 5, isBare: false, from: "n1" });
    again.apply(["n3"], 1, 1, 1);
    expect(again.violation()).toMatchObject({ expected: "entry 2", observed: "entry 1" });
  });
});

describe("vote-durability (I05)", () => {
  it("holds for one vote a term, repeated after a restart", () => {
    const scene = new Scene("vote-durability");
    scene.tell("n1", "n2", { type: "raft.vote", term: 1 });
    scene.disk("n2", "sync", { path: "raft/log", bytes: 10, tookUs: 100 });
    scene.vote("n2", "n1", 1);
    scene.process("n2", "down", "crash");
    scene.process("n2", "up", "restart");
    scene.vote("n2", "n1", 1);
    scene.send("n2", "n1", { type: "raft.pre-vote-reply", term: 0, granted: false });
    expect(scene.verdict()).toMatchObject({ verdict: "holds" });
  });

  it("is violated by a second vote in a term after a restart", () => {
    const scene = new Scene("vote-durability");
    const first = scene.at(300).send("n2", "n1", { type: "raft.vote-reply", term: 1, granted: true });
    scene.process("n2", "down", "crash");
    scene.at(600).process("n2", "up", "restart");
    const second = scene.at(650).send("n2", "n3", { type: "raft.vote-reply", term: 1, granted: true });
    expect(scene.violation()).toMatchObject({
      record: second,
      related: [first],
      nodes: ["n2", "n1", "n3"],
      message: "n2 voted for n3 in term 1 at 0.650 s, but it had voted for n1 in term 1 at 0.300 s",
    });
  });

  it("asks no promise of a node whose disk was wiped, and every promise of one that lost what it had not synced", () => {
    for (const what of ["wipe", "bytes"]) {
      const scene = new Scene("vote-durability");
      scene.at(300).send("n2", "n1", { type: "raft.vote-reply", term: 1, granted: true });
      scene.process("n2", "down", "crash");
      scene.disk("n2", "lost", { path: "raft/log", bytes: 10, torn: false, what });
      scene.at(600).process("n2", "up", "restart");
      scene.at(650).send("n2", "n3", { type: "raft.vote-reply", term: 1, granted: true });
      expect(scene.verdict().verdict).toBe(what === "wipe" ? "holds" : "violated");
    }
  });

  it("is violated by a candidate that grants its term to another", () => {
    const scene = new Scene("vote-durability");
    scene.send("n2", "n1", { type: "raft.vote", term: 4 });
    scene.send("n2", "n3", { type: "raft.vote-reply", term: 4, granted: true });
    expect(scene.violation().expected).toBe("one vote of n2 in term 4, for n2");
  });

  it("is violated by a term that was lost in a restart, but not by a reply that waited for the disk", () => {
    const scene = new Scene("vote-durability");
    scene.heartbeat("n1", "n2", 5);
    scene.send("n1", "n2", { type: "raft.append-reply", term: 4 });
    scene.process("n1", "down", "crash");
    scene.process("n1", "up", "restart");
    const lost = scene.at(700).send("n1", "n2", { type: "raft.append-reply", term: 4 });
    expect(scene.violation()).toMatchObject({ record: lost, expected: "no term below 5", observed: "term 4" });
  });

  it("is violated by a vote that was told before anything was synced", () => {
    const scene = new Scene("vote-durability");
    scene.disk("n2", "sync", { path: "raft/log", bytes: 10, tookUs: 100 });
    scene.at(300).tell("n1", "n2", { type: "raft.vote", term: 1 });
    const told = scene.at(301).send("n2", "n1", { type: "raft.vote-reply", term: 1, granted: true });
    expect(scene.violation()).toMatchObject({ record: told, observed: "no sync" });
  });
});

describe("quorum-legality (I06)", () => {
  it("holds for majorities of votes, copies and answers", () => {
    const scene = new Scene("quorum-legality");
    scene.at(300).vote("n2", "n1", 1);
    scene.role("n1", "leader", 1);
    scene.append(["n1", "n3"], 1, 1);
    scene.commit("n1", 1, 1);
    scene.at(310).answer("n1", ["n3"], 1);
    scene.lease("n1", 1, 220);
    expect(scene.verdict()).toMatchObject({ verdict: "holds", judged: 3 });
  });

  it("is violated by exactly half of the votes", () => {
    const scene = new Scene("quorum-legality", { nodes: 4 });
    scene.at(300).vote("n2", "n1", 1);
    const elected = scene.role("n1", "leader", 1);
    expect(scene.violation()).toMatchObject({
      record: elected,
      message: "n1 became leader of term 1 at 0.300 s with the votes of n1, n2",
      expected: "votes of at least 3 of 4 voters",
      observed: "votes of 2",
    });
  });

  it("counts neither votes of another term nor those of an earlier incarnation", () => {
    const scene = new Scene("quorum-legality");
    scene.vote("n2", "n1", 1);
    scene.process("n1", "down", "crash");
    scene.process("n1", "up", "restart");
    scene.role("n1", "leader", 1);
    expect(scene.violation().observed).toBe("votes of 1");
  });

  it("is violated by a commit that a minority holds durably", () => {
    const scene = new Scene("quorum-legality", { nodes: 5 });
    for (const voter of ["n2", "n3"]) scene.vote(voter, "n1", 1);
    scene.role("n1", "leader", 1);
    scene.append(["n1", "n2"], 1, 1);
    const commit = scene.at(400).commit("n1", 1, 1);
    expect(scene.violation()).toMatchObject({ record: commit, observed: "durable copies of 2" });
  });

  it("counts no learner for an election or a lease", () => {
    const scene = new Scene("quorum-legality", { nodes: 5, config: { learners: ["n4", "n5"] } });
    scene.vote("n2", "n1", 1);
    scene.role("n1", "leader", 1);
    scene.at(1_000).answer("n1", ["n4", "n5"], 1);
    const lease = scene.lease("n1", 1, 225);
    expect(scene.violation()).toMatchObject({
      record: lease,
      expected: "answers of at least 2 of 3 voters",
      observed: "answers of 1",
    });
  });

  it("is violated by a lease that began after the last answers", () => {
    const scene = new Scene("quorum-legality");
    scene.vote("n2", "n1", 1);
    scene.role("n1", "leader", 1);
    scene.at(400).answer("n1", ["n2"], 1);
    scene.at(500).lease("n1", 1, 200);
    expect(scene.violation().observed).toBe("answers of 1");
  });
});
