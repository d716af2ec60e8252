// What §2.1 demands of quorum policies and of changes to the group (§6 of the Raft paper, joint consensus).
import { describe, expect, it } from "vitest";
import { foundingConfig, type FoundingGroup } from "../../../src/system/components/raft/group-config.ts";
import { nodeId } from "../../../src/system/ports/node.ts";
import { raftWorld, type RaftWorld } from "./raft-world.ts";

const ids = (...names: string[]) => names.map(nodeId);

async function elected(options: Parameters<typeof raftWorld>[0] = {}): Promise<RaftWorld> {
  const world = raftWorld(options);
  await world.advance(1_500);
  return world;
}

function phases(world: RaftWorld, node: string): unknown[] {
  return world.points("raft.config", node).map(({ fields }) => [fields["phase"], fields["voters"], fields["old"]]);
}

describe("policies", () => {
  it("a learner has everything, is never counted, and never campaigns", async () => {
    const world = await elected({ nodes: 4, group: { learners: ids("n4") } });
    expect(await world.write("k", "v", 1)).toBe("committed");
    expect(world.value("n4", "k")).toBe("v");
    const leader = world.leader();
    for (const id of ["n1", "n2", "n3"]) if (id !== leader.id) world.separate(leader.id, id);
    await world.advance(400);
    // The learner still answers it, and that is worth nothing.
    expect(leader).toMatchObject({ isLeader: false, hasLease: false });
    for (const id of ["n1", "n2", "n3"]) world.cluster.crash(world.cluster.node(id).id);
    await world.advance(3_000);
    expect(world.raft("n4").role).toBe("follower");
  });

  it("a learner answers votes: it may have become a voter without having heard of it", async () => {
    const world = await elected({ nodes: 4, group: { learners: ids("n4") } });
    const { term } = world.leader();
    for (const id of ["n1", "n2", "n3"]) world.cluster.crash(world.cluster.node(id).id);
    await world.advance(1_000);
    await world.inject("n4", "n2", { type: "raft.vote", term: term + 1, lastIndex: 99, lastTerm: 99 });
    expect(world.sent("raft.vote-reply", "n4").at(-1)?.message).toMatchObject({ granted: true });
  });

  it("weights: strictly more than half of all weight decides, whatever the heads say", async () => {
    const world = await elected({ nodes: 4, group: { weights: { n1: 3 } } });
    // n1 and one other have 4 of 6; the three others have 3 of 6, exactly half.
    world.cluster.crash(world.cluster.node("n1").id);
    await world.advance(3_000);
    expect(["n2", "n3", "n4"].some((id) => world.raft(id).isLeader)).toBe(false);
    world.cluster.restart(world.cluster.node("n1").id);
    for (const id of ["n3", "n4"]) world.cluster.crash(world.cluster.node(id).id);
    await world.advance(3_000);
    expect(await world.write("k", "v", 1)).toBe("committed");
  });

  it("a witness counts and votes, keeps no payload, applies nothing and never leads", async () => {
    const world = await elected({ nodes: 3, group: { witnesses: ids("n3") } });
    expect(await world.write("k", "v", 1)).toBe("committed");
    const leader = world.leader();
    const other = world.ids.find((id) => id !== leader.id && id !== "n3") as string;
    // Leader and witness are two of three.
    world.cluster.crash(world.cluster.node(other).id);
    expect(await world.write("k", "w", 2)).toBe("committed");
    expect(world.value("n3", "k")).toBe(null);
    const told = world.sent("raft.append", leader.id).filter((sent) => sent.to === "n3");
    expect(JSON.stringify(told)).not.toContain('"value"');
    const entry = world.points("raft.append", "n3").at(-1)?.fields;
    expect(entry).toMatchObject({ hash: world.points("raft.append", leader.id).at(-1)?.fields["hash"] });
    // Alone with a voter that lacks the last entry, it remembers that there is one, and elects nobody.
    world.cluster.crash(world.cluster.node(leader.id).id);
    world.cluster.restart(world.cluster.node(other).id);
    await world.advance(4_000);
    expect(world.raft("n3").role).toBe("follower");
    expect(world.raft(other).isLeader).toBe(false);
  });

  it("refuses groups that could never have a quorum", () => {
    const nodes = ids("n1", "n2");
    const refused = (group: FoundingGroup) => expect(() => foundingConfig(nodes, group));
    refused({ weights: { n1: 0, n2: 0 } }).toThrow("weight above 0");
    refused({ weights: { n1: 256 } }).toThrow("an integer from 0 to 255; got 256");
    refused({ witnesses: nodes }).toThrow("a voter that may lead");
    refused({ voters: nodes, learners: ids("n2") }).toThrow("named twice");
  });
});

describe("changes of the group", () => {
  it("an added voter begins as a learner, and votes once it has caught up, by way of a joint configuration", async () => {
    const world = await elected({ nodes: 4, group: { voters: ids("n1", "n2", "n3") } });
    await world.write("k", "v", 1);
    expect(world.value("n4", "k")).toBe(null);
    expect(await world.reconfigure({ addVoters: ids("n4") })).toBe("committed");
    await world.advance(500);
    expect(phases(world, world.leader().id)).toEqual([
      ["final", "n1,n2,n3", ""],
      ["joint", "n1,n2,n3,n4", "n1,n2,n3"],
      ["final", "n1,n2,n3,n4", ""],
    ]);
    expect(world.value("n4", "k")).toBe("v");
    expect(world.raft("n4").voters).toEqual(["n1", "n2", "n3", "n4"]);
  });

  it("a learner that is away does not hold up the group, and can be taken out again", async () => {
    const world = await elected({ nodes: 4, group: { voters: ids("n1", "n2", "n3") } });
    world.cluster.crash(world.cluster.node("n4").id);
    expect(await world.reconfigure({ addVoters: ids("n4") })).toBe("committed");
    expect(await world.write("k", "v", 1)).toBe("committed");
    expect(world.leader().voters).toEqual(["n1", "n2", "n3"]);
    expect(await world.reconfigure({ remove: ids("n4") })).toBe("committed");
    expect(world.leader().group.members.map(({ id }) => id)).toEqual(["n1", "n2", "n3"]);
  });

  it("a removed leader leads until its removal is committed, and steps down then", async () => {
    const world = await elected({ nodes: 4 });
    const leader = world.leader();
    expect(await world.reconfigure({ remove: [leader.id] })).toBe("committed");
    expect(world.points("raft.step-down", leader.id).at(-1)?.fields["reason"]).toBe("removed from the group");
    await world.advance(2_000);
    expect(world.leader().id).not.toBe(leader.id);
    expect(leader.role).toBe("follower");
    expect(world.leader().voters).not.toContain(leader.id);
    expect(await world.write("k", "v", 1)).toBe("committed");
  });

  it("redisraft #17: a leader in a minority cannot remove the others and then have a quorum", async () => {
    const world = await elected({ nodes: 5 });
    const leader = world.leader();
    const [ally, ...others] = world.followers().map(({ id }) => id);
    for (const id of others) for (const mine of [leader.id, ally as string]) world.separate(mine, id);
    await world.on(leader.id, (raft) => {
      raft.reconfigure({ remove: others });
    });
    expect(leader.group.old).toHaveLength(5);
    await world.advance(2_000);
    expect(leader.isLeader).toBe(false);
    expect(world.leader().id).not.toBe(leader.id);
    expect(await world.write("k", "v", 1)).toBe("committed");
    // It never was committed, and is taken back when the old leader hears the others again.
    expect(world.points("raft.commit", leader.id).at(-1)?.fields["index"]).toBeLessThan(world.leader().commitIndex);
  });

  it("a configuration is in force from its append, survives a restart, and goes with the tail that held it", async () => {
    const world = await elected({ nodes: 3 });
    const leader = world.leader();
    const heals = world.followers().flatMap(({ id }) => [world.cut(leader.id, id), world.cut(id, leader.id)]);
    await world.on(leader.id, (raft) => {
      raft.reconfigure({ remove: [world.followers()[0]?.id as never] });
    });
    expect(leader.group.old).toHaveLength(3);
    await world.advance(20);
    world.cluster.kill(leader.id);
    world.cluster.restart(leader.id);
    await world.advance(50);
    expect(world.raft(leader.id).group.old).toHaveLength(3);
    await world.advance(1_500);
    for (const heal of heals) heal();
    await world.advance(1_500);
    expect(world.raft(leader.id).group).toEqual(world.leader().group);
    expect(world.leader().group).toMatchObject({ old: [] });
    expect(world.points("raft.config", leader.id).at(-1)?.fields).toMatchObject({ index: 0, voters: "n1,n2,n3" });
  });

  it("one change at a time, by a leader with a lease, of what is there", async () => {
    const world = await elected({ nodes: 4 });
    const leader = world.leader();
    const follower = world.followers()[0]?.id as string;
    expect(await world.reconfigure({ remove: ids("n9") })).toBe("n9 is not a member");
    expect(await world.reconfigure({ remove: ids("n1") }, follower)).toBe("this node does not lead");
    const answers: string[] = [];
    await world.on(leader.id, (raft) => {
      raft.reconfigure({ weights: { n1: 2 } }, ({ status }) => answers.push(status));
      raft.reconfigure({ weights: { n2: 2 } }, (outcome) =>
        answers.push(outcome.status === "refused" ? outcome.reason : outcome.status),
      );
    });
    await world.advance(500);
    expect(answers).toEqual(["another change is under way", "committed"]);
    expect(world.raft(follower).group.members[0]).toMatchObject({ id: "n1", weight: 2 });
  });

  it("a later leader leaves a joint configuration that an earlier one began", async () => {
    const world = await elected({ nodes: 5 });
    const leader = world.leader();
    await world.on(leader.id, (raft) => {
      raft.reconfigure({ remove: [world.followers()[3]?.id as never] });
    });
    await world.advance(3);
    expect(leader.group.old).toHaveLength(5);
    world.cluster.crash(leader.id);
    await world.advance(3_000);
    expect(world.leader().group).toMatchObject({ old: [] });
    expect(world.leader().voters).toHaveLength(4);
  });

  it("rethinkdb #5289: a voter that lost its disk counts for nothing before it has learned everything again", async () => {
    const world = await elected();
    await world.write("k", "v", 1);
    const [other, wiped] = world.followers().map(({ id }) => id as string) as [string, string];
    const leader = world.leader().id;
    // Only leader and wiped node are left: with its old promises they were a quorum.
    world.cluster.crash(world.cluster.node(other).id);
    world.wipe(wiped);
    await world.advance(2_000);
    expect(world.raft(leader).isLeader).toBe(false);
    expect(world.ids.some((id) => id !== other && world.raft(id).hasLease)).toBe(false);

    world.cluster.restart(world.cluster.node(other).id);
    await world.advance(4_000);
    expect(await world.write("k", "w", 2)).toBe("committed");
    expect(world.value(wiped, "k")).toBe("w");
    const names = world.leader().group.members.map(({ id, disk, kind }) => [id, disk === "", kind]);
    expect(names).toEqual(world.ids.map((id) => [id, id !== wiped, "voter"]));
    const seen = world.points("raft.config", world.leader().id).map(({ fields }) => fields["learners"]);
    expect(seen.some((learners) => String(learners).startsWith(`${wiped}/`))).toBe(true);
  });

  it("a wiped voter cannot help to elect a candidate that lacks what it once held", async () => {
    const world = await elected();
    const leader = world.leader().id;
    const [holder, lacking] = world.followers().map(({ id }) => id as string) as [string, string];
    for (const id of [leader, holder]) world.separate(id, lacking);
    await world.advance(100);
    expect(await world.write("k", "v", 1)).toBe("committed");
    world.cluster.crash(world.cluster.node(leader).id);
    world.wipe(holder);
    await world.advance(100);
    for (const id of [lacking, holder]) world.cluster.restart(world.cluster.node(id).id);
    await world.advance(5_000);
    expect([holder, lacking].some((id) => world.raft(id).isLeader)).toBe(false);
  });
});
