// What §2.1 and the thesis (§3.10) demand when leadership is handed over.
import { describe, expect, it } from "vitest";
import { raftWorld, type RaftWorld } from "./raft-world.ts";

async function elected(options: Parameters<typeof raftWorld>[0] = {}): Promise<RaftWorld> {
  const world = raftWorld(options);
  await world.advance(1_500);
  return world;
}

const outcomes = (world: RaftWorld): unknown[] => world.points("raft.transfer").map(({ fields }) => fields["outcome"]);

describe("leadership transfer", () => {
  it("makes the named voter leader of the next term, in less than an election timeout", async () => {
    const world = await elected();
    const before = world.leader();
    const target = world.followers()[0]?.id as string;
    const { term } = before;
    expect(await world.transfer(target)).toBe("handed-over");
    expect(world.leader()).toMatchObject({ id: target, term: term + 1 });
    const [started, sent] = world.points("raft.transfer");
    const led = world.records.find(
      (record) =>
        record.kind === "state" && record.key === "role" && record.value === "leader" && record.node === target,
    );
    expect(outcomes(world)).toEqual(["started", "sent", "handed-over"]);
    expect((led?.time as number) - (started?.time as number)).toBeLessThan(50_000);
    expect(sent?.fields).toMatchObject({ target, term });
  });

  it("without a name, takes a voter that has the whole log", async () => {
    const world = await elected({ nodes: 5 });
    const lagging = world.followers()[0]?.id as string;
    const leader = world.leader().id;
    const heals = [world.cut(leader, lagging), world.cut(lagging, leader)];
    await world.write("k", "v", 1);
    for (const heal of heals) heal();
    expect(await world.transfer()).toBe("handed-over");
    expect(world.leader().id).not.toBe(lagging);
  });

  it("waits until the target has everything before it tells it to campaign", async () => {
    const world = await elected();
    const leader = world.leader().id;
    const target = world.followers()[0]?.id as string;
    const heal = world.cut(leader, target);
    await world.on(leader, (raft) => {
      const command = { operation: "write", key: "k", value: "v", epoch: raft.term };
      raft.propose({ command, client: "t", seq: 1 }, () => undefined);
    });
    await world.advance(150);
    heal();
    expect(await world.transfer(target)).toBe("handed-over");
    const sent = world.points("raft.transfer").find(({ fields }) => fields["outcome"] === "sent");
    const held = world.points("raft.append", target).find(({ fields }) => fields["type"] === "command");
    expect(held?.time).toBeLessThan(sent?.time as number);
    expect(world.value(target, "k")).toBe("v");
  });

  it("drops the lease and refuses proposals, reads by lease and changes of the group while it runs", async () => {
    const world = await elected();
    const leader = world.leader();
    const target = world.followers()[0]?.id as string;
    world.cut(leader.id, target);
    const answers: string[] = [];
    await world.on(leader.id, (raft) => {
      raft.transferTo(target as never);
      raft.propose({ command: null, client: "t", seq: 1 }, ({ status }) => answers.push(status));
      raft.reconfigure({ remove: [target as never] }, ({ status }) => answers.push(status));
      raft.transferTo(target as never, (outcome) => answers.push(outcome));
    });
    expect(answers).toEqual(["refused", "refused", "refused"]);
    expect(leader).toMatchObject({ isLeader: true, hasLease: false, isTransferring: true });
  });

  it("gives up after ET, and has its lease back only by a round that began afterwards", async () => {
    const world = await elected();
    const leader = world.leader();
    const target = world.followers()[0]?.id as string;
    // The target answers heartbeats, but never learns what it was told.
    await world.on(leader.id, (raft) => {
      raft.transferTo(target as never);
    });
    world.cluster.pause(world.cluster.node(target).id);
    await world.advance(299);
    expect(leader.isTransferring).toBe(true);
    expect(leader.hasLease).toBe(false);
    await world.advance(60);
    expect(outcomes(world).at(-1)).toBe("aborted");
    expect(leader).toMatchObject({ isLeader: true, hasLease: true });
    const aborted = world.points("raft.transfer").at(-1)?.time as number;
    const valid = world.records.find(
      (record) =>
        record.kind === "state" && record.key === "lease" && record.value === "valid" && record.time >= aborted,
    );
    const floorMs = Math.floor(aborted / 1_000);
    // Counted from the send time: what was sent before the end of the transfer counts for nothing.
    expect(valid?.kind === "state" ? (valid.fields["untilMs"] as number) - 225 : 0).toBeGreaterThan(floorMs);
    expect(await world.write("k", "v", 1)).toBe("committed");
  });

  it("etcd #12704: an order to campaign that arrives after its transfer was given up elects nobody", async () => {
    const world = await elected();
    const leader = world.leader();
    const target = world.followers()[0]?.id as string;
    const { term } = leader;
    await world.on(leader.id, (raft) => {
      raft.transferTo(target as never);
    });
    world.cluster.pause(world.cluster.node(target).id);
    await world.advance(400);
    expect(leader.hasLease).toBe(true);
    // The target resumes, and hears the old order before anything newer.
    world.cluster.resume(world.cluster.node(target).id);
    await world.advance(1_000);
    expect(world.sent("raft.timeout-now")).toHaveLength(1);
    expect(world.leader().id).toBe(leader.id);
    expect(world.leader().term).toBe(term);
  });

  it("thesis §3.10: only an order overrides leader stickiness, and only for the next term", async () => {
    const world = await elected();
    const [voter, rival] = world.followers().map(({ id }) => id as string) as [string, string];
    const { term } = world.leader();
    const far = { lastIndex: 99, lastTerm: 99 };
    await world.inject(voter, rival, { type: "raft.vote", term: term + 1, ...far });
    expect(world.sent("raft.vote-reply", voter).at(-1)?.message).toMatchObject({ granted: false, term });
    await world.inject(voter, rival, { type: "raft.vote", term: term + 1, transfer: 1, ...far });
    expect(world.sent("raft.vote-reply", voter).at(-1)?.message).toMatchObject({ granted: true, term: term + 1 });
  });

  it("a voter that was told that an order is void grants no vote for it, and one for a later order", async () => {
    const world = await elected();
    const leader = world.leader();
    const [voter, rival] = world.followers().map(({ id }) => id as string) as [string, string];
    world.cluster.pause(world.cluster.node(rival).id);
    await world.on(leader.id, (raft) => {
      raft.transferTo(rival as never);
    });
    await world.advance(400);
    expect(world.sent("raft.heartbeat", leader.id).at(-1)?.message).toMatchObject({ revoked: 1 });
    const { term } = leader;
    for (const type of ["raft.pre-vote", "raft.vote"]) {
      const request = { type, term: term + 1, lastIndex: 99, lastTerm: 99 };
      await world.inject(voter, rival, { ...request, transfer: 1 });
      expect(world.sent(`${type}-reply`, voter).at(-1)?.message).toMatchObject({ granted: false });
      expect(world.raft(voter).term).toBe(term);
      await world.inject(voter, rival, { ...request, transfer: 2 });
      expect(world.sent(`${type}-reply`, voter).at(-1)?.message).toMatchObject({ granted: true });
    }
  });

  it("is refused by a follower, for itself, and for one that does not answer", async () => {
    const world = await elected();
    const leader = world.leader().id;
    const [follower, dead] = world.followers().map(({ id }) => id as string) as [string, string];
    world.cluster.crash(world.cluster.node(dead).id);
    await world.advance(400);
    expect(await world.transfer(dead)).toBe("refused");
    expect(await world.transfer(leader)).toBe("refused");
    const answers: string[] = [];
    await world.on(follower, (raft) => {
      raft.transferTo(undefined, (outcome) => answers.push(outcome));
    });
    expect(answers).toEqual(["refused"]);
  });

  it("a leader that wants to be rid of its office hands over first, and steps down only when nobody takes it", async () => {
    const world = await elected();
    const first = world.leader();
    await world.on(first.id, (raft) => {
      raft.handOver("unhealthy");
    });
    await world.advance(200);
    expect(world.leader().id).not.toBe(first.id);
    expect(world.points("raft.step-down")).toHaveLength(0);

    const second = world.leader();
    for (const { id } of world.followers()) world.cut(second.id, id);
    await world.on(second.id, (raft) => {
      raft.handOver("unhealthy");
    });
    await world.advance(310);
    expect(second.isLeader).toBe(false);
    expect(world.points("raft.step-down").map(({ node }) => node)).toEqual([second.id]);
  });
});

describe("reads by a round", () => {
  it("are confirmed by a quorum that answers something sent after the read was asked for", async () => {
    const world = await elected();
    const leader = world.leader();
    const answers: boolean[] = [];
    await world.on(leader.id, (raft) => {
      raft.readIndex((isConfirmed) => answers.push(isConfirmed));
    });
    expect(answers).toEqual([]);
    await world.advance(5);
    expect(answers).toEqual([true]);
  });

  it("are not confirmed by a leader that has been left behind, though its clock says that the lease lasts", async () => {
    const world = await elected();
    const leader = world.leader();
    for (const { id } of world.followers()) world.separate(leader.id, id);
    const answers: boolean[] = [];
    await world.on(leader.id, (raft) => {
      raft.readIndex((isConfirmed) => answers.push(isConfirmed));
    });
    expect(leader.hasLease).toBe(true);
    await world.advance(100);
    expect(answers).toEqual([]);
    await world.advance(400);
    expect(answers).toEqual([false]);
  });

  it("share a round when they come while one is under way", async () => {
    const world = await elected();
    const leader = world.leader();
    let confirmed = 0;
    const before = world.sent("raft.heartbeat", leader.id).length;
    await world.on(leader.id, (raft) => {
      for (let i = 0; i < 100; i++) raft.readIndex((isConfirmed) => (confirmed += isConfirmed ? 1 : 0));
    });
    await world.advance(10);
    expect(confirmed).toBe(100);
    expect(world.sent("raft.heartbeat", leader.id).length - before).toBeLessThanOrEqual(3 * 2);
  });

  it("§8: are refused before the leader's own no-op is committed, and by everybody else", async () => {
    const world = raftWorld({ syncUs: 20_000 });
    let leader: string | undefined;
    for (let i = 0; i < 1_500 && leader === undefined; i++) {
      await world.advance(1);
      leader = world.ids.find((id) => world.raft(id).isLeader);
    }
    const answers: boolean[] = [];
    for (const id of world.ids)
      await world.on(id, (raft) => {
        raft.readIndex((isConfirmed) => answers.push(isConfirmed));
      });
    expect(world.raft(leader as string)).toMatchObject({ isLeader: true, isReady: false });
    expect(answers).toEqual([false, false, false]);
  });
});
