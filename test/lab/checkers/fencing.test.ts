import { describe, expect, it } from "vitest";
import { Scene } from "./scene.ts";

describe("fence-effective (I13)", () => {
  function fenced(): Scene {
    const scene = new Scene("fence-effective");
    scene.at(100).writeMarker("n1");
    scene.at(500).claim("n1", "fence", "fencing", { epoch: 1 });
    scene.at(510).moveMarker("n1");
    scene.claim("n1", "fence", "fenced", { epoch: 1 });
    scene.point("n1", "fence.verified", { epoch: 1 });
    return scene;
  }

  it("holds for a fence that is on the disk and lets nothing in until a restore", () => {
    const scene = fenced();
    scene.at(600).reply("n1", scene.request("n1", 1), "fail");
    scene.at(900).point("n1", "fence.restore", { epoch: 3, fenceEpoch: 1 });
    scene.accept("n1", 3);
    expect(scene.verdict()).toMatchObject({ verdict: "holds", judged: 2 });
  });

  it("is violated by a fencer that only claims fenced", () => {
    const scene = new Scene("fence-effective");
    scene.at(100).writeMarker("n1");
    const claim = scene.at(500).claim("n1", "fence", "fenced", { epoch: 1 });
    expect(scene.violation()).toMatchObject({ record: claim, nodes: ["n1"], observed: "its .primary is still there" });
  });

  it("is violated by a marker moved without a sync of its directory", () => {
    const scene = new Scene("fence-effective");
    scene.at(100).writeMarker("n1");
    scene.at(500).disk("n1", "rename", { from: "litefs/.primary", to: "litefs/.primary.blocked" });
    scene.point("n1", "fence.verified", { epoch: 1 });
    expect(scene.violation().observed).toBe(
      "its .primary would be back after a power loss (its directory is not synced)",
    );
  });

  it("accepts a fence found at the start, and one of a node that never had a marker", () => {
    const scene = fenced();
    scene.claim("n2", "fence", "fenced", { epoch: 0 });
    scene.process("n1", "down", "crash");
    scene.process("n1", "up", "restart");
    scene.claim("n1", "fence", "fenced", { epoch: 1 });
    expect(scene.verdict()).toMatchObject({ verdict: "holds", judged: 4 });
  });

  it("is violated by a write let in or acknowledged, also after a restart or an unfence of an old epoch", () => {
    const accepted = fenced();
    accepted.process("n1", "down", "kill");
    accepted.process("n1", "up", "restart");
    accepted.point("n1", "fence.restore", { epoch: 1, fenceEpoch: 1 });
    accepted.at(700).accept("n1", 1);
    expect(accepted.violation().message).toBe(
      "n1 accepted a write of epoch 1 at 0.700 s, but it is fenced for epoch 1 since 0.510 s",
    );

    const acknowledged = fenced();
    acknowledged.at(700).reply("n1", acknowledged.request("n1", 1));
    expect(acknowledged.violation().observed).toBe('acknowledged write c1#1 of "k" to c1');
  });

  it("lets a fenced replica acknowledge what it posted and another node committed in a newer epoch, and nothing else", () => {
    /** The verdict when `n1` acknowledges a write that `node` committed in `epoch`. */
    const acknowledged = (node: string, epoch: number, origin: { halt?: string }): string => {
      const scene = fenced();
      const id = scene.at(700).request("n1", 1);
      scene.point(node, "repl.commit", { epoch, txid: "1", checksum: "c", pre: "", client: "c1", seq: 1, ...origin });
      scene.reply("n1", id);
      return scene.verdict().verdict;
    };
    expect(acknowledged("n2", 2, { halt: "n1.1.1" })).toBe("holds");
    expect(acknowledged("n2", 1, { halt: "n1.1.1" })).toBe("violated");
    expect(acknowledged("n2", 2, {})).toBe("violated");
    expect(acknowledged("n1", 2, { halt: "n1.1.1" })).toBe("violated");
  });
});

describe("fence-idempotent (I14)", () => {
  function fenced(): Scene {
    const scene = new Scene("fence-idempotent");
    scene.writeMarker("n1").moveMarker("n1");
    scene.point("n1", "fence.verified", { epoch: 1 });
    return scene;
  }

  it("holds for a restore that writes the new marker before it removes the blocked one", () => {
    const scene = fenced();
    scene.point("n1", "fence.verified", { epoch: 1 });
    scene.writeMarker("n1");
    scene.point("n1", "fence.restore", { epoch: 3, fenceEpoch: 1 });
    scene.claim("n1", "fence", "open", { epoch: 3 });
    scene.disk("n1", "remove", { path: "litefs/.primary.blocked" });
    scene.accept("n1", 3);
    expect(scene.verdict()).toMatchObject({ verdict: "holds", judged: 6 });
  });

  it("is violated by a blocked marker that is renamed back", () => {
    const scene = fenced();
    const rename = scene.at(800).disk("n1", "rename", { from: "litefs/.primary.blocked", to: "litefs/.primary" });
    expect(scene.violation()).toMatchObject({
      record: rename,
      message: "n1 renamed litefs/.primary.blocked back to litefs/.primary at 0.800 s",
    });
  });

  it("is violated by evidence that is removed without a new marker", () => {
    const scene = fenced();
    const remove = scene.disk("n1", "remove", { path: "litefs/.primary.blocked" });
    expect(scene.violation().record).toBe(remove);
  });

  it("is violated by a node that opens beside its blocked marker", () => {
    const scene = fenced();
    scene.at(800).claim("n1", "fence", "open", { epoch: 3 });
    expect(scene.violation().observed).toBe(".primary.blocked present, .primary absent");
  });

  it("is violated by a second fencing that lowers the epoch", () => {
    const scene = fenced();
    scene.point("n1", "fence.verified", { epoch: 0 });
    expect(scene.violation()).toMatchObject({ expected: "epoch 1 or higher", observed: "epoch 0" });
  });
});

describe("no-premature-unfence (I15)", () => {
  /** n1 was fenced for epoch 1, and is by now the ready leader of term 3 with a lease, unless something is left out. */
  function ready(without = ""): Scene {
    const scene = new Scene("no-premature-unfence");
    scene.at(100).writeMarker("n1").moveMarker("n1");
    scene.claim("n1", "fence", "fenced", { epoch: 1 });
    scene.point("n1", "fence.verified", { epoch: 1 });
    scene.at(5_000).role("n1", without === "role" ? "follower" : "leader", 3);
    scene.apply(["n1"], 4, without === "apply" ? 2 : 3, 9);
    if (without !== "quorum") scene.answer("n1", ["n2"], 3);
    if (without !== "lease") scene.lease("n1", 3, 220);
    scene.writeMarker("n1");
    return scene;
  }

  it("holds for the ready leader of a newer epoch", () => {
    const scene = ready();
    scene.at(5_010).point("n1", "fence.restore", { epoch: 3, fenceEpoch: 1 });
    scene.claim("n1", "fence", "open", { epoch: 3 });
    scene.accept("n1", 3);
    expect(scene.verdict()).toMatchObject({ verdict: "holds", judged: 1 });
  });

  it.each([
    ["role", "it is follower"],
    ["apply", "it has applied no entry of term 3"],
    ["quorum", "only 1 of 3 voters answered it since"],
    ["lease", "it holds no lease"],
  ])("is violated without %s", (without, why) => {
    const scene = ready(without);
    const restore = scene.at(5_010).point("n1", "fence.restore", { epoch: 3, fenceEpoch: 1 });
    const violation = scene.violation();
    expect(violation).toMatchObject({ record: restore, nodes: ["n1"] });
    expect(violation.message).toContain("n1 restored write access with epoch 3 at 5.010 s (fenced at 0.100 s): ");
    expect(violation.message).toContain(why);
  });

  it("is violated by an epoch that is not above the fence's, whatever the node says that one was", () => {
    const scene = ready();
    scene.point("n1", "fence.verified", { epoch: 3 });
    scene.at(5_010).point("n1", "fence.restore", { epoch: 3, fenceEpoch: 0 });
    expect(scene.violation().observed).toBe("epoch 3 is not above the fence's epoch 3");
  });

  it("is violated by a blocked marker renamed back and by opening without a restore", () => {
    const renamed = ready();
    renamed.disk("n1", "rename", { from: "litefs/.primary.blocked", to: "litefs/.primary" });
    expect(renamed.violation().observed).toBe("the old marker renamed back");

    const opened = ready();
    const open = opened.at(5_010).claim("n1", "fence", "open", { epoch: 3 });
    opened.at(5_020).accept("n1", 3);
    expect(opened.violation()).toMatchObject({ record: open, time: 5_010_000, observed: "no restore" });
  });

  it("accepts what a restore left that died after its marker was written", () => {
    const scene = ready();
    scene.process("n1", "down", "kill");
    scene.process("n1", "up", "restart");
    scene.claim("n1", "fence", "open", { epoch: 0 });
    scene.at(5_050).point("n1", "fence.restore", { epoch: 3, fenceEpoch: 0 });
    expect(scene.violation().observed).toContain("it is nothing");
  });
});

describe("coordinator-edges (I16)", () => {
  function detected(options: { config?: { electionTimeoutMs: number } } = {}): Scene {
    const scene = new Scene("coordinator-edges", options);
    scene.writeMarker("n1");
    scene.claim("n1", "coordinator", "healthy", { reason: "start" });
    scene.at(100).role("n1", "leader", 1);
    scene.heartbeat("n1", "n2", 1);
    scene.claim("n1", "failover", "primary", { epoch: 1 });
    scene.at(1_000).links(["n1"], ["n2", "n3"], "cut");
    scene
      .at(1_225)
      .causedBy(77)
      .claim("n1", "coordinator", "split_brain_detected", { reason: "elected-without-quorum" });
    return scene;
  }
  function resolved(): Scene {
    const scene = detected();
    scene.claim("n1", "fence", "fencing", { epoch: 1 });
    scene.at(1_230).causedBy(90).moveMarker("n1");
    scene.claim("n1", "fence", "fenced", { epoch: 1 });
    scene.role("n1", "follower", 1);
    scene.claim("n1", "failover", "replica", { epoch: 1 });
    scene.claim("n1", "coordinator", "resolved", { reason: "" });
    return scene;
  }

  it("holds for a resolution in order and a reintegration after 2·ET of quorum", () => {
    const scene = resolved();
    scene.at(4_000).links(["n1"], ["n2", "n3"], "up");
    scene.at(4_650).claim("n1", "coordinator", "healthy", { reason: "" });
    expect(scene.verdict()).toMatchObject({ verdict: "holds", judged: 4 });
  });

  it("accepts that Raft steps down by itself while the fence waits for the disk", () => {
    const scene = detected();
    scene.claim("n1", "fence", "fencing", { epoch: 1 });
    scene.at(1_300).causedBy(80).role("n1", "follower", 1);
    scene.at(1_400).causedBy(90).moveMarker("n1");
    scene.claim("n1", "fence", "fenced", { epoch: 1 });
    scene.claim("n1", "failover", "replica", { epoch: 1 });
    scene.claim("n1", "coordinator", "resolved", { reason: "" });
    expect(scene.verdict()).toMatchObject({ verdict: "holds" });
  });

  it("is violated by an edge that does not exist", () => {
    const scene = detected();
    const edge = scene.at(1_300).claim("n1", "coordinator", "healthy", { reason: "" });
    expect(scene.violation()).toMatchObject({
      record: edge,
      observed: "split_brain_detected>healthy",
      expected: "one of split_brain_detected>resolved, split_brain_detected>failed",
    });
  });

  it("is violated by a demotion before the fence", () => {
    const scene = detected();
    const demoted = scene.role("n1", "follower", 1);
    expect(scene.violation()).toMatchObject({ record: demoted, observed: "role=follower before the fence" });
  });

  it("is violated by a demotion by the coordinator while its fence is under way", () => {
    const scene = detected();
    scene.claim("n1", "fence", "fencing", { epoch: 1 });
    scene.claim("n1", "failover", "replica", { epoch: 1 });
    expect(scene.violation().observed).toBe("failover=replica before the fence");
  });

  it("is violated by a resolution without a fence on the disk", () => {
    const scene = detected();
    scene.claim("n1", "fence", "fenced", { epoch: 1 });
    scene.role("n1", "follower", 1);
    scene.claim("n1", "failover", "replica", { epoch: 1 });
    scene.claim("n1", "coordinator", "resolved", { reason: "" });
    expect(scene.violation().observed).toBe("fenced in name only, its .primary is still there");
  });

  it("is violated by a resolution of a node that leads on, in words or in messages", () => {
    const words = detected();
    words.moveMarker("n1").claim("n1", "fence", "fenced", { epoch: 1 });
    words.claim("n1", "failover", "replica", { epoch: 1 });
    words.claim("n1", "coordinator", "resolved", { reason: "" });
    expect(words.violation().observed).toContain("role=leader in term 1");

    const messages = resolved();
    messages.at(1_300).heartbeat("n1", "n2", 1);
    expect(messages.violation().observed).toBe("raft.heartbeat of term 1");
  });

  it("is violated by HEALTHY while still cut off, or right after the heal", () => {
    const still = resolved();
    still.at(2_000).claim("n1", "coordinator", "healthy", { reason: "" });
    expect(still.violation().message).toContain("it was cut off from every quorum until 2.000 s");

    const early = resolved();
    early.at(4_000).links(["n1"], ["n2", "n3"], "up");
    early.at(4_200).claim("n1", "coordinator", "healthy", { reason: "" });
    expect(early.violation().observed).toBe("0.200 s since the links allowed one");
  });

  it("is violated by HEALTHY at the next poll, before any cut can be proven", () => {
    const scene = resolved();
    scene.at(1_330).claim("n1", "coordinator", "healthy", { reason: "not stale" });
    expect(scene.violation().observed).toBe("0.105 s since it had none");
  });

  it("is violated by HEALTHY with another log than the leader's", () => {
    const scene = resolved();
    scene.append(["n1"], 1, 1);
    scene.append(["n2", "n3"], 1, 2);
    scene.commit("n2", 1, 2);
    scene.at(4_000).links(["n1"], ["n2", "n3"], "up");
    scene.at(4_650).claim("n1", "coordinator", "healthy", { reason: "" });
    scene.at(5_000).role("n1", "follower", 2);
    expect(scene.violation()).toMatchObject({ nodes: ["n1"], time: 4_950_000, observed: "another entry 1" });
  });
});
