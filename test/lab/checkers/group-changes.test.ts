// I06 where the members of a group are not those it was founded with.
import { describe, expect, it } from "vitest";
import { Scene, type SceneOptions } from "./scene.ts";

interface Put {
  readonly term?: number;
  readonly old?: string;
  readonly weights?: string;
  readonly oldWeights?: string;
  readonly learners?: string;
}

function put(scene: Scene, node: string, index: number, voters: string, more: Put = {}): number {
  const { term = 1, old = "", weights = "", oldWeights = "", learners = "" } = more;
  const phase = old === "" ? "final" : "joint";
  const fields = { index, term, voters, old, learners, witnesses: "", weights, oldWeights, phase };
  return scene.point(node, "raft.config", fields);
}

/** n1 leads three of five nodes in term 1, and holds entry 1, its no-op, with n2. */
function led(options: SceneOptions = {}): Scene {
  const scene = new Scene("quorum-legality", { nodes: 5, config: { voters: ["n1", "n2", "n3"] }, ...options });
  scene.at(300).vote("n2", "n1", 1);
  scene.role("n1", "leader", 1);
  scene.append(["n1", "n2"], 1, 1);
  scene.commit("n1", 1, 1);
  return scene;
}

describe("quorum-legality (I06) while the group changes", () => {
  it("holds for a change by way of a joint configuration that both sides commit", () => {
    const scene = led();
    put(scene, "n1", 2, "n1,n2,n3", { learners: "n4,n5" });
    scene.append(["n1", "n2"], 2, 1);
    scene.commit("n1", 2, 1);
    put(scene, "n1", 3, "n1,n4,n5", { old: "n1,n2,n3" });
    scene.append(["n1", "n2", "n4"], 3, 1);
    scene.commit("n1", 3, 1);
    put(scene, "n1", 4, "n1,n4,n5");
    scene.append(["n1", "n5"], 4, 1);
    scene.commit("n1", 4, 1);
    expect(scene.verdict()).toMatchObject({ verdict: "holds", judged: 8 });
  });

  it("is violated by a learner that is in an entry at one node and not at another", () => {
    const scene = led();
    put(scene, "n1", 2, "n1,n2,n3", { learners: "n4" });
    put(scene, "n2", 2, "n1,n2,n3", { learners: "n4" });
    const record = put(scene, "n3", 2, "n1,n2,n3");
    expect(scene.violation()).toMatchObject({ record, observed: "the entry holds another one elsewhere" });
  });

  it("is violated by a joint configuration that only the new side holds, or only the old", () => {
    for (const [holders, side] of [
      [["n1", "n4", "n5"], "before: n1, n2, n3"],
      [["n1", "n2", "n3"], "after: n1, n4, n5"],
    ] as const) {
      const scene = led();
      put(scene, "n1", 2, "n1,n4,n5", { old: "n1,n2,n3" });
      scene.append(holders, 2, 1);
      const commit = scene.at(400).commit("n1", 2, 1);
      expect(scene.violation()).toMatchObject({
        record: commit,
        observed: "durable copies of 1",
        expected: "durable copies of at least 2 of 3 voters",
        message: `n1 committed entry 2 of term 1 at 0.400 s while 1 of 3 voters held it durably (while the group changes, of the voters ${side})`,
      });
    }
  });

  it("is violated by voters that change at once", () => {
    const scene = led();
    const changed = put(scene.at(350), "n1", 2, "n1,n2");
    expect(scene.violation()).toMatchObject({
      record: changed,
      message:
        "n1 put the configuration of entry 2 of term 1 in force at 0.350 s (voters n1,n2): its quorums need not meet those of the one before",
    });
  });

  it("is violated by an old side that is not the one in force", () => {
    const scene = led();
    put(scene, "n1", 2, "n1,n2,n3,n4", { old: "n1,n2" });
    expect(scene.violation().observed).toBe("its quorums need not meet those of the one before");
  });

  it("is violated by an entry that holds another configuration elsewhere", () => {
    const scene = led();
    put(scene, "n1", 2, "n1,n2", { old: "n1,n2,n3" });
    const other = put(scene, "n2", 2, "n2,n3", { old: "n1,n2,n3" });
    expect(scene.violation()).toMatchObject({ record: other, observed: "the entry holds another one elsewhere" });
  });

  it("takes back what a truncation took away, and asks a restarted node what its log holds", () => {
    const scene = led();
    put(scene, "n1", 2, "n1", { old: "n1,n2,n3" });
    scene.process("n1", "down", "kill");
    scene.process("n1", "up", "restart");
    put(scene, "n1", 2, "n1", { old: "n1,n2,n3" });
    put(scene, "n1", 0, "n1,n2,n3", { term: 0 });
    scene.vote("n3", "n1", 2);
    scene.role("n1", "leader", 2);
    expect(scene.verdict().verdict).toBe("holds");
  });

  it("weighs votes, as the scenario has them and as a change makes them", () => {
    const weights = { n1: 3, n2: 1, n3: 1 };
    const alone = new Scene("quorum-legality", { config: { weights } });
    alone.role("n1", "leader", 1);
    expect(alone.verdict().verdict).toBe("holds");

    const light = new Scene("quorum-legality", { config: { weights } });
    light.vote("n3", "n2", 1);
    light.role("n2", "leader", 1);
    expect(light.violation()).toMatchObject({ expected: "votes of at least 3 of 5 voters", observed: "votes of 2" });

    const changed = led();
    put(changed, "n1", 2, "n1,n2,n3", { weights: "1,1,4", old: "n1,n2,n3", oldWeights: "1,1,1" });
    changed.append(["n1", "n2"], 2, 1);
    changed.commit("n1", 2, 1);
    expect(changed.violation()).toMatchObject({
      expected: "durable copies of at least 4 of 6 voters",
      observed: "durable copies of 2",
    });
  });

  it("counts a node that lost its disk only where the group has taken it in again", () => {
    const grant = { type: "raft.vote-reply", term: 2, granted: true, disk: "1a2b" };
    const before = led();
    before.tell("n2", "n3", grant);
    before.role("n3", "leader", 2);
    expect(before.violation().observed).toBe("votes of 1");

    const after = led();
    put(after, "n3", 2, "n1,n3", { old: "n1,n2,n3" });
    put(after, "n3", 3, "n1,n3", { learners: "n2/1a2b" });
    put(after, "n3", 4, "n1,n2/1a2b,n3", { old: "n1,n3" });
    put(after, "n3", 5, "n1,n2/1a2b,n3");
    after.tell("n2", "n3", grant);
    after.role("n3", "leader", 2);
    expect(after.verdict().verdict).toBe("holds");
  });

  it("rules that count the voters as founded say so, and judge no group that changes or is weighed", () => {
    const changing = new Scene("ack-implies-commit");
    put(changing, "n1", 2, "n1,n2,n3", { learners: "n4" });
    expect(changing.verdict()).toMatchObject({ verdict: "inconclusive", reason: "the members of the group changed" });
    const weighed = new Scene("leader-exists", { config: { weights: { n1: 2 } } });
    expect(weighed.verdict()).toMatchObject({ verdict: "inconclusive", reason: "the voters have weights" });
  });
});
