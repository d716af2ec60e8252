import { describe, expect, it } from "vitest";
import { readTail } from "../../../src/system/components/replication/lost-and-found.ts";
import { formatPosition } from "../../../src/system/components/replication/position.ts";
import { SplitBrainDetectedError } from "../../../src/system/ports/errors.ts";
import { ReplicationWorld, type ReplicationWorldOptions } from "./replication-world.ts";

/** n1 leads epoch 1, n2 follows up to transaction 6; then n2 leads epoch 2 and n1 writes four more that nobody hears of. */
async function parted(options: ReplicationWorldOptions): Promise<ReplicationWorld> {
  const world = new ReplicationWorld(["n1", "n2"], { resync: "rollback", ...options });
  await world.run(100);
  world.at("n1").lead(1);
  world.at("n2").follow("n1", 1);
  for (let n = 1; n <= 6; n++) world.world.at(200 + 10 * n, () => void world.at("n1").write(1, `k${String(n)}`, n));
  await world.run(600);
  world.at("n1").source.stop();
  world.at("n2").lead(2);
  for (let n = 7; n <= 10; n++) world.world.at(600 + 10 * n, () => void world.at("n1").write(1, `k${String(n)}`, n));
  for (let n = 7; n <= 8; n++) world.world.at(600 + 10 * n, () => void world.at("n2").write(2, `m${String(n)}`, n));
  return world.run(1_000);
}

describe("a replica that goes back", () => {
  it("keeps what it leaves, goes back to where the two parted, and follows from there without a snapshot", async () => {
    const world = await parted({});
    const left = world.position("n1");
    world.at("n1").follow("n2", 2);
    await world.run(3_000);
    expect(world.position("n1")).toBe(world.position("n2"));
    expect(world.at("n1").machine.snapshot()).toEqual(world.at("n2").machine.snapshot());
    expect(world.at("n1").machine.get("k9")).toBeNull();
    expect(world.point("divergence")).toMatchObject([{ at: "n1", lostTxids: "7-10" }]);
    expect(world.point("repl.rollback")).toMatchObject([{ at: "n1", epoch: 2, txid: "6", from: left }]);
    expect(world.point("repl.snapshot")).toEqual([]);
    const tail = readTail(world.at("n1").env.disk, "lost+found/2");
    await world.run(3_100);
    expect((await tail).map(({ position }) => position.txid)).toEqual([7n, 8n, 9n, 10n]);
  });

  it("stays gone back over a power loss", async () => {
    const world = await parted({});
    world.at("n1").follow("n2", 2);
    await world.run(3_000);
    const before = world.position("n1");
    world.world.cluster.crash("n1" as never);
    world.world.cluster.restart("n1" as never);
    await world.run(3_500);
    expect(world.position("n1")).toBe(before);
    expect(world.at("n1").database.hasOnChain(world.at("n2").database.appliedPosition)).toBe(true);
  });

  it("is stuck, and says why, when its checkpoint is newer than where the two parted; nothing is dropped", async () => {
    const world = await parted({ retention: { retentionMs: 3_600_000, checkpointEvery: 8 } });
    const before = world.position("n1");
    world.at("n1").follow("n2", 2);
    await world.run(3_000);
    expect(world.at("n1").replica.state).toBe("stuck");
    expect(world.at("n1").stuck).toHaveLength(1);
    expect(world.at("n1").stuck[0]).toBeInstanceOf(SplitBrainDetectedError);
    expect(world.at("n1").stuck[0]?.message).toContain("there is no checkpoint to go back from.");
    expect(formatPosition(world.at("n1").database.position)).toBe(before);
    expect(world.point("repl.rollback")).toEqual([]);
    expect(world.point("repl.snapshot")).toEqual([]);
  });

  it("is stuck when no position in common is known any more", async () => {
    const world = await parted({ retention: { retentionMs: 0, checkpointEvery: 8 } });
    world.at("n1").follow("n2", 2);
    await world.run(3_000);
    expect(world.at("n1").replica.state).toBe("stuck");
    expect(world.at("n1").stuck[0]?.message).toContain("no position in common with the primary is known.");
  });
});
