// What the Raft paper, its thesis and the rules of our lease demand of one member, section by section.
import { describe, expect, it } from "vitest";
import { raftConfig } from "../../../src/system/components/raft/raft-config.ts";
import { RaftLog, type LogEntry } from "../../../src/system/components/raft/raft-log.ts";
import { raftWorld } from "./raft-world.ts";

async function elected(options: Parameters<typeof raftWorld>[0] = {}) {
  const world = raftWorld(options);
  await world.advance(1_500);
  return world;
}

describe("elections", () => {
  it("§5.2: elects one leader of a term, and followers know it", async () => {
    const world = await elected({ nodes: 5 });
    const leader = world.leader();
    expect(world.ids.filter((id) => world.raft(id).isLeader)).toEqual([leader.id]);
    expect(world.followers().map(({ leader: known, term }) => [known, term])).toEqual(
      new Array(4).fill([leader.id, leader.term]),
    );
  });

  it("§5.2: exactly half of the votes elects nobody", async () => {
    const world = raftWorld({ nodes: 4 });
    for (const a of ["n1", "n2"]) for (const b of ["n3", "n4"]) world.separate(a, b);
    await world.advance(5_000);
    expect(world.ids.some((id) => world.raft(id).isLeader)).toBe(false);
  });

  it("thesis §9.6: a node that was cut off does not raise the term of a cluster that has a leader", async () => {
    const world = await elected();
    const { term } = world.leader();
    const away = world.followers()[0]?.id as string;
    const heals = world.ids.filter((id) => id !== away).flatMap((id) => [world.cut(away, id), world.cut(id, away)]);
    await world.advance(5_000);
    for (const heal of heals) heal();
    await world.advance(2_000);
    expect(world.leader().term).toBe(term);
    expect(world.raft(away).leader).toBe(world.leader().id);
  });

  it("refuses a vote while it hears a leader, without even taking over the higher term", async () => {
    const world = await elected();
    const voter = world.followers()[0]?.id as string;
    const rival = world.followers()[1]?.id as string;
    const { term } = world.raft(voter);
    await world.inject(voter, rival, { type: "raft.vote", term: term + 5, lastIndex: 99, lastTerm: 99 });
    expect(world.raft(voter).term).toBe(term);
    expect(world.sent("raft.vote-reply", voter).at(-1)?.message).toMatchObject({ granted: false, term });
  });

  it("§5.4.1: refuses a candidate whose log is behind, by term first and by index then", () => {
    const log = new RaftLog();
    const entry = (index: number, term: number): LogEntry => ({
      index,
      term,
      type: "noop",
      command: null,
      client: "",
      seq: 0,
    });
    log.append(entry(1, 1), 0);
    log.append(entry(2, 3), 0);
    expect(log.isUpToDate(2, 99)).toBe(false);
    expect(log.isUpToDate(3, 1)).toBe(false);
    expect(log.isUpToDate(3, 2)).toBe(true);
    expect(log.isUpToDate(4, 1)).toBe(true);
  });

  it("does not vote or campaign during ET·(1 + rho) after a restart: it forgot what it promised to a lease", async () => {
    const world = await elected();
    const voter = world.followers()[0]?.id as string;
    const rival = world.followers()[1]?.id as string;
    world.cluster.kill(world.cluster.node(voter).id);
    world.cluster.restart(world.cluster.node(voter).id);
    for (const id of world.ids) if (id !== voter) world.cut(id, voter);
    await world.advance(50);
    const { term } = world.leader();
    await world.inject(voter, rival, { type: "raft.pre-vote", term: term + 1, lastIndex: 99, lastTerm: 99 });
    expect(world.sent("raft.pre-vote-reply", voter).at(-1)?.message).toMatchObject({ granted: false });
    await world.advance(260);
    await world.inject(voter, rival, { type: "raft.pre-vote", term: term + 1, lastIndex: 99, lastTerm: 99 });
    expect(world.sent("raft.pre-vote-reply", voter).at(-1)?.message).toMatchObject({ granted: true });
  });

  it("keeps term and vote across a power loss", async () => {
    const world = await elected();
    const { term } = world.leader();
    for (const id of world.ids) world.cluster.crash(id);
    for (const id of world.ids) world.cluster.restart(id);
    await world.advance(100);
    for (const id of world.ids) expect(world.raft(id).term).toBeGreaterThanOrEqual(term);
  });

  it("adopts the higher term of a pre-vote rejection (etcd #8243)", async () => {
    const world = await elected();
    const behind = world.followers()[0]?.id as string;
    const other = world.followers()[1]?.id as string;
    const { term } = world.raft(behind);
    await world.inject(behind, other, { type: "raft.pre-vote-reply", term: term + 7, asked: term + 1, granted: false });
    expect(world.raft(behind).term).toBe(term + 7);
  });
});

describe("replication", () => {
  it("§5.3: commits with a quorum and applies in order on every node", async () => {
    const world = await elected();
    for (let seq = 1; seq <= 5; seq++) expect(await world.write("k", `v${String(seq)}`, seq)).toBe("committed");
    for (const id of world.ids) {
      const applied = world.records.flatMap((r) =>
        r.kind === "point" && r.name === "store.commit" && r.node === id ? [r.fields["value"]] : [],
      );
      expect(applied).toEqual(["v1", "v2", "v3", "v4", "v5"]);
    }
  });

  it("commits nothing without a quorum, and says that the outcome is unknown when leadership ends", async () => {
    const world = await elected();
    const leader = world.leader();
    for (const id of world.ids) if (id !== leader.id) world.separate(leader.id, id);
    const commit = leader.commitIndex;
    expect(await world.write("k", "lost", 1)).toBe("unknown");
    expect(leader.commitIndex).toBe(commit);
  });

  it("§5.3: overwrites the unfinished tail of a deposed leader, and never a committed entry", async () => {
    const world = await elected();
    await world.write("k", "kept", 1);
    const old = world.leader();
    const heals = world.ids
      .filter((id) => id !== old.id)
      .flatMap((id) => [world.cut(old.id, id), world.cut(id, old.id)]);
    await world.write("k", "unfinished", 2);
    await world.advance(1_500);
    expect(world.leader().id).not.toBe(old.id);
    await world.write("k", "newer", 3);
    for (const heal of heals) heal();
    await world.advance(1_000);
    const values = world.records.flatMap((r) =>
      r.kind === "point" && r.name === "store.commit" && r.node === old.id ? [r.fields["value"]] : [],
    );
    expect(values).toEqual(["kept", "newer"]);
    expect(world.records.some((r) => r.kind === "point" && r.name === "raft.truncate" && r.node === old.id)).toBe(true);
  });

  it("§5.3: a member that has not answered a new leader is probed where its log may end, and not sent everything again", async () => {
    const world = await elected({ nodes: 5 });
    for (let seq = 1; seq <= 20; seq++) await world.write("k", String(seq), seq);
    const old = world.leader().id;
    const deaf = world.followers()[0]?.id as string;
    const heals = world.ids.filter((id) => id !== deaf).map((id) => world.cut(id, deaf));
    world.cluster.crash(old);
    await world.advance(2_000);
    const leader = world.leader().id;
    const probes = world.sent("raft.append", leader).filter(({ to }) => to === deaf);
    expect(probes.length).toBeGreaterThan(3);
    for (const { message } of probes) expect(message["prevIndex"]).toBeGreaterThanOrEqual(20);
    for (const heal of heals) heal();
    await world.advance(2_000);
    expect(world.value(deaf, "k")).toBe("20");
  });

  it("§5.3: a late, shorter batch removes nothing", async () => {
    const world = await elected();
    for (let seq = 1; seq <= 3; seq++) await world.write("k", `v${String(seq)}`, seq);
    const follower = world.followers()[0];
    const { lastIndex } = follower as { lastIndex: number };
    const leader = world.leader();
    const first = world.sent("raft.append", leader.id).find((r) => r.to === follower?.id);
    await world.inject(follower?.id as string, leader.id, first?.message as never);
    expect(follower?.lastIndex).toBe(lastIndex);
  });

  it("§8: a repeated (client, seq) takes effect once", async () => {
    const world = await elected();
    await world.write("k", "once", 1);
    expect(await world.write("k", "once", 1)).toBe("committed");
    const effects = world.records.filter((r) => r.kind === "point" && r.name === "store.commit" && r.node === "n1");
    expect(effects).toHaveLength(1);
  });

  it("answers an append only when it is durable", async () => {
    const world = await elected({ syncUs: 40_000 });
    await world.write("k", "v", 1);
    const follower = world.followers()[0]?.id as string;
    const durable = world.records
      .filter((r) => r.kind === "point" && r.name === "raft.append" && r.node === follower)
      .map((r) => r.time);
    const answered = world
      .sent("raft.append-reply", follower)
      .filter((r) => r.message["success"] === true)
      .map((r) => r.time);
    expect(answered[0]).toBeGreaterThanOrEqual(durable[0] as number);
  });
});

describe("lease and check-quorum", () => {
  it("ends the lease one lease after the send time of what a quorum last acknowledged, then says nothing more", async () => {
    const world = await elected();
    const leader = world.leader();
    expect(leader.hasLease).toBe(true);
    const cutAt = world.cluster.kernel.now;
    for (const id of world.ids) if (id !== leader.id) world.cut(id, leader.id);
    await world.advance(225);
    expect(leader.hasLease).toBe(false);
    const lastBeat = world.sent("raft.heartbeat", leader.id).at(-1)?.time as number;
    expect(lastBeat - cutAt).toBeLessThanOrEqual(225_000);
  });

  it("steps down when a quorum has not answered for ET", async () => {
    const world = await elected();
    const leader = world.leader();
    for (const id of world.ids) if (id !== leader.id) world.cut(id, leader.id);
    await world.advance(351);
    expect(leader.isLeader).toBe(false);
  });

  it("has no lease before the no-op of its term is committed", async () => {
    const world = raftWorld({ nodes: 3, syncUs: 150_000 });
    let leader: { hasLease: boolean; isReady: boolean } | undefined;
    for (let i = 0; i < 400 && leader === undefined; i++) {
      await world.advance(5);
      leader = world.ids.map((id) => world.raft(id)).find((raft) => raft.isLeader);
    }
    expect(leader?.isReady).toBe(false);
    expect(leader?.hasLease).toBe(false);
  });

  it("demotes for real: no lease, no leadership, no campaign for 2·ET", async () => {
    const world = await elected();
    const leader = world.leader();
    world.cluster.at(world.cluster.kernel.now, () => {
      world.cluster.kernel.enter(world.cluster.node(leader.id), -1, () => {
        leader.demote("test");
      });
    });
    await world.advance(1);
    expect(leader.isLeader).toBe(false);
    expect(leader.hasLease).toBe(false);
    await world.advance(1_500);
    expect(world.leader().id).not.toBe(leader.id);
  });
});

describe("configuration", () => {
  it("refuses what cannot be safe", () => {
    expect(() => raftConfig({ heartbeatMs: 300 })).toThrow("RAFT_CONFIG");
    expect(() => raftConfig({ electionTimeoutMs: 300, leaseMs: 295 })).toThrow("Shorten the lease");
    expect(() => raftConfig({ electionTimeoutMs: 0.5 })).toThrow("positive integer");
    expect(raftConfig({}).leaseMs).toBe(225);
  });
});
