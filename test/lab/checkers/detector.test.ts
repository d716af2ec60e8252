import { describe, expect, it } from "vitest";
import { Scene } from "./scene.ts";

describe("detector-truth (I17)", () => {
  describe("quorum", () => {
    it("holds when a cut-off node stops claiming a quorum in time", () => {
      const scene = new Scene("detector-truth");
      scene.at(100).claim("n1", "quorum", "yes");
      scene.at(1_000).links(["n1"], ["n2", "n3"], "cut");
      scene.at(1_500).claim("n1", "quorum", "no");
      expect(scene.verdict()).toMatchObject({ verdict: "holds", judged: 1 });
    });

    it("is violated by a claim that outlives the links", () => {
      const scene = new Scene("detector-truth");
      const claim = scene.at(100).claim("n1", "quorum", "yes");
      scene.at(1_000).links(["n1"], ["n2", "n3"], "cut");
      // 1.5·300 + 50 + 100 ms, and 20 ms of slack.
      expect(scene.violation()).toMatchObject({
        record: claim,
        time: 1_620_000,
        nodes: ["n1"],
        message: "n1 claims a quorum at 1.620 s, but its links and peers have allowed it none since 1.000 s",
      });
    });

    it("is violated by a node that hears everybody and is heard by nobody", () => {
      const scene = new Scene("detector-truth");
      scene.at(1_000).link("n1", "n2", "cut");
      scene.link("n1", "n3", "cut");
      const claim = scene.at(2_000).claim("n1", "quorum", "yes");
      expect(scene.violation().record).toBe(claim);
    });

    it("allows a node that was paused itself one window to find out", () => {
      const scene = new Scene("detector-truth");
      scene.at(100).claim("n1", "quorum", "yes");
      scene.at(1_000).process("n1", "paused", "pause");
      scene.links(["n1"], ["n2", "n3"], "cut");
      scene.at(5_000).process("n1", "up", "resume");
      scene.at(6_000).claim("n1", "quorum", "no");
      expect(scene.verdict()).toMatchObject({ verdict: "holds" });
    });
  });

  describe("a stale leader", () => {
    function leading(): Scene {
      const scene = new Scene("detector-truth");
      scene.claim("n1", "coordinator", "healthy");
      scene.at(300).role("n1", "leader", 1);
      scene.lease("n1", 1, 226);
      return scene;
    }

    it("holds when the end of the lease is detected, and when the leader has stepped down by then", () => {
      const scene = leading();
      scene.at(525).point("n1", "stale-leadership", { reason: "elected-without-quorum", term: 1 });
      scene.claim("n1", "coordinator", "split_brain_detected");
      expect(scene.verdict()).toMatchObject({ verdict: "holds", judged: 1 });

      const stepped = leading();
      stepped.at(500).role("n1", "follower", 2);
      stepped.claim("n2", "quorum", "yes");
      expect(stepped.verdict()).toMatchObject({ verdict: "holds" });
    });

    it("is none while it hands over: its lease was given up, not lost", () => {
      const scene = leading();
      scene.at(400).point("n1", "raft.transfer", { term: 1, target: "n2", outcome: "started" });
      scene.lease("n1", 1, 0);
      scene.claim("n2", "quorum", "yes");
      expect(scene.verdict()).toMatchObject({ verdict: "holds", judged: 1 });

      const again = leading();
      again.at(400).point("n1", "raft.transfer", { term: 1, target: "n2", outcome: "started" });
      again.at(700).lease("n1", 1, 226);
      expect(again.violation().time).toBe(945_000);
    });

    it("is violated by a leader past its lease that nothing has detected", () => {
      expect(leading().violation()).toMatchObject({
        time: 545_000,
        nodes: ["n1"],
        message: "n1 still leads term 1 at 0.545 s, but its lease ended at 0.525 s and nothing has detected it",
      });
    });
  });

  describe("two leaders", () => {
    function rivals(): Scene {
      const scene = new Scene("detector-truth");
      scene.claim("n2", "coordinator", "healthy");
      scene.at(500).tell("n1", "n2", { type: "detector.ping", seq: 9, term: 1, leads: true });
      scene.at(1_000).links(["n1"], ["n2", "n3"], "cut");
      scene.at(1_500).role("n2", "leader", 2);
      return scene;
    }

    it("holds when the two standing claims are reported", () => {
      const scene = rivals();
      scene
        .at(1_600)
        .point("n2", "stale-leadership", { reason: "dual-leader", node: "n1", term: 1, other: "n2", otherTerm: 2 });
      expect(scene.verdict()).toMatchObject({ verdict: "holds", judged: 1 });
    });

    it("holds when the other claimant takes its claim back", () => {
      const scene = rivals();
      scene.at(1_600).tell("n1", "n2", { type: "detector.ping", seq: 10, term: 2, leads: false });
      scene.claim("n3", "quorum", "yes");
      expect(scene.verdict()).toMatchObject({ verdict: "holds" });
    });

    it("is violated by a node that takes an unreachable leader for none", () => {
      const violation = rivals().violation();
      expect(violation).toMatchObject({ nodes: ["n2"], time: 1_720_000, observed: "no report" });
      expect(violation.message).toBe(
        "n2 has known the leadership claims of n1 (term 1) and n2 (term 2) since 1.500 s, but has not reported them by 1.720 s",
      );
    });
  });
});

describe("heartbeat-truth (I18)", () => {
  function heard(): Scene {
    const scene = new Scene("heartbeat-truth");
    scene.at(1_000).send("n1", "n2", { type: "detector.ping", seq: 1 });
    scene.at(1_004).tell("n2", "n1", { type: "detector.ack", seq: 1 });
    return scene;
  }

  it("holds for true ages and for a peer that was never heard", () => {
    const scene = heard();
    scene.at(1_040).point("n1", "detector.report", { n2: 36, n3: -1 });
    scene.at(9_004).point("n1", "detector.report", { n2: 8_000, n3: -1 });
    expect(scene.verdict()).toMatchObject({ verdict: "holds", judged: 4 });
  });

  it("is violated by an age that hides a silence, as the seeds' detector reports it", () => {
    const scene = heard();
    const report = scene.at(9_004).point("n1", "detector.report", { n2: 0, n3: -1 });
    expect(scene.violation()).toMatchObject({
      record: report,
      nodes: ["n1", "n2"],
      message: "n1 reports 0 ms since it heard n2 at 9.004 s, but the last one arrived at 1.004 s",
      expected: "8000 ms ± 50 ms",
      observed: "0 ms",
    });
  });

  it("is violated by an age of a peer that was never heard, by never of one that was, and by a negative age", () => {
    const invented = heard();
    invented.point("n1", "detector.report", { n3: 300 });
    expect(invented.violation()).toMatchObject({ nodes: ["n1", "n3"], expected: "−1" });
    const forgotten = heard();
    forgotten.point("n1", "detector.report", { n2: -1 });
    expect(forgotten.violation().message).toContain("reports it never heard n2");
    const negative = heard();
    negative.point("n1", "detector.report", { n2: -5 });
    expect(negative.verdict().verdict).toBe("violated");
  });

  it("starts anew with a restart, and ignores an answer that came too late to prove anything", () => {
    const scene = heard();
    scene.process("n1", "down", "crash");
    scene.process("n1", "up", "restart");
    scene.at(2_000).point("n1", "detector.report", { n2: -1 });
    scene.at(2_001).send("n1", "n2", { type: "detector.ping", seq: 1 });
    scene.at(4_000).tell("n2", "n1", { type: "detector.ack", seq: 1 });
    scene.at(4_100).point("n1", "detector.report", { n2: -1 });
    expect(scene.verdict()).toMatchObject({ verdict: "holds", judged: 2 });
  });

  it("allows for the rate of the reporter's clock", () => {
    const scene = new Scene("heartbeat-truth");
    scene.clock("n1", 100_000);
    scene.at(1_000).tell("n2", "n1", { type: "detector.ack", seq: 1 });
    scene.at(11_000).point("n1", "detector.report", { n2: 11_000 });
    expect(scene.verdict()).toMatchObject({ verdict: "holds" });
  });
});
