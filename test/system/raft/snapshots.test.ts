// §7 and §2.1: what becomes of members that lack what the others' logs have no more.
import { describe, expect, it } from "vitest";
import { ConfigHistory } from "../../../src/system/components/raft/config-history.ts";
import { foundingConfig, toCommand, type GroupConfig } from "../../../src/system/components/raft/group-config.ts";
import type { LogEntry } from "../../../src/system/components/raft/raft-log.ts";
import { PIECE_UNITS } from "../../../src/system/components/raft/snapshot-sender.ts";
import { nodeId } from "../../../src/system/ports/node.ts";
import { raftWorld, type RaftWorld } from "./raft-world.ts";

async function elected(options: Parameters<typeof raftWorld>[0] = {}): Promise<RaftWorld> {
  const world = raftWorld({ snapshotEntries: 4, ...options });
  await world.advance(1_500);
  return world;
}

/** Cuts a node off, in both directions. */
function isolate(world: RaftWorld, id: string): () => void {
  const heals = world.ids
    .filter((other) => other !== id)
    .flatMap((other) => [world.cut(id, other), world.cut(other, id)]);
  return () => {
    for (const heal of heals) heal();
  };
}

/** Where a node's log begins. */
function firstIndex(world: RaftWorld, id: string): number {
  return Number(world.points("raft.compact", id).at(-1)?.fields["first"] ?? 1);
}

/** Writes until the log of the leader begins behind the end of a node's. */
async function outrun(world: RaftWorld, id: string, value = "v"): Promise<void> {
  for (let seq = 1; firstIndex(world, world.leader().id) <= world.raft(id).lastIndex + 1; seq++) {
    expect(seq).toBeLessThan(30);
    expect(await world.write(`k${String(seq)}`, `${value}${String(seq)}`, seq)).toBe("committed");
  }
}

/** Runs until a node has answered the second piece of a snapshot. */
async function untilHalfWay(world: RaftWorld, id: string): Promise<void> {
  for (let ms = 0; world.sent("raft.install-reply", id).length < 2; ms++) {
    expect(ms).toBeLessThan(3_000);
    await world.advance(1);
  }
}

const fieldsOf = (world: RaftWorld, name: string, node?: string): unknown[] =>
  world.points(name, node).map(({ fields }) => fields);
const snapshotStates = (world: RaftWorld, id: string): string[] =>
  world.records.flatMap((record) =>
    record.kind === "state" && record.key === "snapshot" && record.node === id ? [record.value] : [],
  );

describe("a snapshot that is sent", () => {
  it("brings a follower that was away too long to where the others are, with what they hold", async () => {
    const world = await elected();
    const away = world.followers()[0]?.id as string;
    const heal = isolate(world, away);
    await outrun(world, away);
    heal();
    await world.advance(2_000);
    const leader = world.leader();
    expect(snapshotStates(world, away)).toEqual(["installing", "idle"]);
    expect(world.raft(away)).toMatchObject({
      lastIndex: leader.lastIndex,
      appliedIndex: leader.appliedIndex,
      isCaughtUp: true,
    });
    for (let seq = 1; world.value(leader.id, `k${String(seq)}`) !== null; seq++)
      expect(world.value(away, `k${String(seq)}`)).toBe(`v${String(seq)}`);
    const installed = world.points("raft.install", away).at(-1);
    // It goes on in memory at once, and answers for it when it is durable.
    expect(world.points("raft.restore", away).at(-1)?.time).toBeLessThan(installed?.time as number);
    expect(installed?.fields).toMatchObject({ from: leader.id, isBare: false });
    const taken = world.points("raft.snapshot").find(({ fields }) => fields["index"] === installed?.fields["index"]);
    expect(taken?.fields["hash"]).toBe(installed?.fields["hash"]);
  });

  it("carries the clients' sessions: what took effect before is not done again after", async () => {
    const world = await elected();
    const away = world.followers()[0]?.id as string;
    const heal = isolate(world, away);
    await outrun(world, away);
    heal();
    await world.advance(2_000);
    expect(await world.transfer(away)).toBe("handed-over");
    // Number 1 of client "t" once more, with another value, at a leader that knows of it by the snapshot alone.
    expect(world.points("raft.apply", away).some(({ fields }) => fields["seq"] === 1)).toBe(false);
    await world.write("k1", "again", 1);
    expect(world.points("raft.apply", away).at(-1)?.fields).toMatchObject({ client: "t", seq: 1, effect: false });
    expect(world.value(away, "k1")).toBe("v1");
  });

  it("carries the configuration, learners and weights included", async () => {
    const world = await elected({
      nodes: 5,
      group: { voters: ["n1", "n2", "n3", "n4"].map(nodeId), learners: [nodeId("n5")] },
    });
    const { members } = world.leader().group;
    const away = world.followers().find(({ id }) => id !== "n5")?.id as string;
    const heal = isolate(world, away);
    expect(await world.reconfigure({ weights: { n5: 0, [away]: 2 } })).toBe("committed");
    await outrun(world, away);
    heal();
    await world.advance(2_000);
    expect(world.points("raft.install", away)).not.toEqual([]);
    expect(world.raft(away).group).toEqual(world.leader().group);
    expect(world.raft(away).group.members.map(({ id, kind }) => [id, kind])).toEqual(
      members.map(({ id, kind }) => [id, kind]),
    );
    world.cluster.crash(nodeId(away));
    world.cluster.restart(nodeId(away));
    await world.advance(50);
    expect(world.raft(away).group).toEqual(world.leader().group);
  });

  it("goes in pieces of a bounded size, and begins anew at a member that lost its memory of them", async () => {
    const world = await elected({ latencyUs: 20_000 });
    const away = world.followers()[0]?.id as string;
    const heal = isolate(world, away);
    await outrun(world, away, "x".repeat(PIECE_UNITS));
    heal();
    await untilHalfWay(world, away);
    world.cluster.kill(nodeId(away));
    world.cluster.restart(nodeId(away));
    await world.advance(4_000);
    const pieces = world.sent("raft.install").filter(({ to }) => to === away);
    expect(pieces.length).toBeGreaterThan(5);
    for (const { message } of pieces) expect((message["piece"] as string).length).toBeLessThanOrEqual(PIECE_UNITS);
    expect(pieces.filter(({ message }) => message["offset"] === 0).length).toBeGreaterThan(1);
    expect(world.raft(away).appliedIndex).toBe(world.leader().appliedIndex);
  });

  it("is left when another leader takes over half way, whose own is taken", async () => {
    const world = await elected({ nodes: 5, latencyUs: 20_000 });
    const away = world.followers()[0]?.id as string;
    const heal = isolate(world, away);
    await outrun(world, away, "x".repeat(PIECE_UNITS));
    heal();
    await untilHalfWay(world, away);
    const first = world.leader().id;
    world.cluster.crash(first);
    await world.advance(5_000);
    expect(world.leader().id).not.toBe(first);
    expect(world.points("raft.install", away).at(-1)?.fields["from"]).toBe(world.leader().id);
    expect(world.raft(away).appliedIndex).toBe(world.leader().appliedIndex);
  });

  it("is ignored when it comes late, or twice: what is committed beyond it stays", async () => {
    const world = await elected();
    const away = world.followers()[0]?.id as string;
    const heal = isolate(world, away);
    await outrun(world, away);
    heal();
    await world.advance(2_000);
    const sent = world.sent("raft.install").filter(({ to }) => to === away);
    const { lastIndex, appliedIndex } = world.raft(away);
    const installs = world.points("raft.install", away).length;
    expect(await world.write("later", "1", 100)).toBe("committed");
    for (const { node, message } of sent) await world.inject(away, node, message);
    expect(world.points("raft.install", away)).toHaveLength(installs);
    expect(world.raft(away).lastIndex).toBeGreaterThan(lastIndex);
    expect(world.raft(away).appliedIndex).toBeGreaterThan(appliedIndex);
    expect(world.sent("raft.install-reply", away).at(-1)?.message["matchIndex"]).toBeGreaterThan(0);
  });

  it("has no state for a witness, which keeps none of its own", async () => {
    const world = await elected({ group: { witnesses: [nodeId("n3")] } });
    const heal = isolate(world, "n3");
    await outrun(world, "n3");
    heal();
    await world.advance(2_000);
    for (const { message } of world.sent("raft.install")) expect(message["piece"]).toContain('"state":null');
    expect(fieldsOf(world, "raft.install", "n3")).toMatchObject([{ isBare: true, hash: 0 }]);
    expect(world.points("raft.apply", "n3").length).toBeLessThan(world.points("raft.apply", world.leader().id).length);
    expect(world.raft("n3").lastIndex).toBe(world.leader().lastIndex);
    world.cluster.crash(nodeId("n3"));
    world.cluster.restart(nodeId("n3"));
    await world.advance(1_000);
    expect(fieldsOf(world, "raft.install", "n3").at(-1)).toMatchObject({ isBare: true, from: "" });
    world.cluster.crash(world.leader().id);
    await world.advance(3_000);
    expect(world.leader().id).not.toBe("n3");
  });

  it("makes its receiver no target of a transfer until it is there", async () => {
    const world = await elected({ latencyUs: 20_000 });
    const away = world.followers()[0]?.id as string;
    const heal = isolate(world, away);
    await outrun(world, away, "x".repeat(PIECE_UNITS));
    heal();
    await untilHalfWay(world, away);
    expect(world.raft(away).isCaughtUp).toBe(false);
    expect(await world.transfer(away)).toBe("refused");
    await world.advance(4_000);
    expect(await world.transfer(away)).toBe("handed-over");
  });
});

describe("the configurations of a log of which a snapshot takes the place", () => {
  const config = (...ids: string[]): GroupConfig => foundingConfig(ids.map(nodeId));
  const entry = (index: number, command: GroupConfig): LogEntry => ({
    ...{ index, term: 1, type: "config", command: toCommand(command), client: "", seq: 0 },
  });
  const joint: GroupConfig = { ...config("n1", "n2"), old: config("n1", "n3").members };

  it("are the snapshot's, joint if it is, and those of later entries that stay", () => {
    const history = new ConfigHistory(config("n1"));
    history.add(entry(3, config("n1", "n3")));
    history.add(entry(7, joint));
    history.add(entry(9, config("n1", "n2")));
    expect(history.at(8)).toEqual({ index: 7, term: 1, config: joint });
    expect(history.restore({ index: 8, config: history.at(8) }, true)).toBe(false);
    expect(history.newest.index).toBe(9);
    expect(history.truncate(9)).toBe(true);
    expect(history.newest).toEqual({ index: 7, term: 1, config: joint });
    // The log behind the snapshot holds entries from before it too, when it is read again.
    expect(history.add(entry(3, config("n1", "n3")))).toBe(false);
  });

  it("are not those of entries that go with it, of an index below the snapshot's or above", () => {
    const history = new ConfigHistory(config("n1"));
    const founding = history.newest;
    history.add(entry(2, joint));
    history.add(entry(6, config("n1", "n2")));
    expect(history.restore({ index: 4, config: founding }, false)).toBe(true);
    expect(history.newest).toEqual(founding);
  });
});
