import { describe, expect, it } from "vitest";
import { readTail } from "../../../src/system/components/replication/lost-and-found.ts";
import { nodeId } from "../../../src/system/ports/node.ts";
import { ReplicationWorld } from "./replication-world.ts";

/** n1 leads epoch 1 and has written `count` values; n2 and n3 follow. */
async function led(
  count: number,
  options: ConstructorParameters<typeof ReplicationWorld>[1] = {},
): Promise<ReplicationWorld> {
  const world = new ReplicationWorld(["n1", "n2", "n3"], options);
  await world.run(100);
  world.world.at(100, () => {
    world.at("n1").lead(1);
    for (const id of ["n2", "n3"]) world.at(id).follow("n1", 1);
  });
  for (let n = 1; n <= count; n++)
    world.world.at(200 + n, () => {
      void world.at("n1").write(1, `k${String(n % 7)}`, n);
    });
  return world.run(1_000 + count);
}

/** Cuts one node off; gives the way back. */
function cut(world: ReplicationWorld, id: string, others: readonly string[]): () => void {
  const { network } = world.world.cluster;
  const ends = others.flatMap((other) => [
    network.addEffect(nodeId(id), nodeId(other), { fault: "cut", cut: true, touch: () => undefined }),
    network.addEffect(nodeId(other), nodeId(id), { fault: "cut", cut: true, touch: () => undefined }),
  ]);
  return () => {
    for (const end of ends) end();
  };
}

describe("replication", () => {
  it("brings every replica to the primary's position, in order, over a network that loses, repeats and reorders", async () => {
    const world = await led(300, {
      network: {
        lossPpm: 100_000,
        duplicatePpm: 100_000,
        reorderPpm: 200_000,
        reorderBy: 20_000,
        latency: { uniform: { min: 500, max: 5_000 } },
      },
    });
    await world.run(6_000);
    expect(world.at("n1").database.appliedPosition.txid).toBe(300n);
    expect(world.position("n2")).toBe(world.position("n1"));
    expect(world.position("n3")).toBe(world.position("n1"));
    expect(world.at("n2").machine.snapshot()).toEqual(world.at("n1").machine.snapshot());
    expect(world.point("divergence")).toEqual([]);
    expect(world.point("repl.snapshot")).toEqual([]);
  });

  it("keeps what was acknowledged through a power loss of everybody", async () => {
    const world = await led(50);
    const before = world.position("n1");
    for (const id of ["n1", "n2", "n3"]) {
      world.world.cluster.crash(id as never);
      world.world.cluster.restart(id as never);
    }
    await world.run(2_000);
    for (const id of ["n1", "n2", "n3"]) expect(world.position(id)).toBe(before);
    expect(world.at("n2").machine.get("k1")).toBe(50);
  });

  it("gives a replica a snapshot when what it lacks is kept no more, and loses nothing by it", async () => {
    const world = new ReplicationWorld(["n1", "n2"], { retention: { retentionMs: 0, checkpointEvery: 10 } });
    await world.run(100);
    world.at("n1").lead(1);
    for (let n = 1; n <= 25; n++) world.world.at(100 + 10 * n, () => void world.at("n1").write(1, "k", n));
    await world.run(500);
    world.world.at(500, () => world.at("n2").follow("n1", 1));
    await world.run(1_000);
    expect(world.position("n2")).toBe(world.position("n1"));
    expect(world.point("repl.snapshot")).toHaveLength(1);
    expect(world.point("divergence")).toEqual([]);
    expect(world.at("n2").machine.get("k")).toBe(25);
  });

  it("writes the tail of a primary that was left behind to lost+found before it takes the new primary's history", async () => {
    const world = await led(20);
    const { world: sim } = world;
    const write = (ms: number, id: string, epoch: number, value: string): void => {
      sim.at(ms, () => void world.at(id).write(epoch, "k", value));
    };
    let heal = (): void => undefined;
    // n1 is alone with its last three writes.
    sim.at(1_100, () => {
      for (const id of ["n2", "n3"]) world.at(id).follow("n1", 1);
      heal = cut(world, "n1", ["n2", "n3"]);
    });
    for (const n of [1, 2, 3]) write(1_100 + n, "n1", 1, `lost-${String(n)}`);
    sim.at(1_500, () => {
      world.at("n2").lead(2);
      world.at("n3").follow("n2", 2);
    });
    for (const n of [1, 2]) write(1_600 + n, "n2", 2, `new-${String(n)}`);
    sim.at(2_000, () => {
      heal();
      world.at("n1").follow("n2", 2);
    });
    await world.run(3_000);
    expect(world.position("n1")).toBe(world.position("n2"));
    expect(world.at("n1").machine.get("k")).toBe("new-2");
    const [divergence, ...others] = world.point("divergence");
    expect(others).toEqual([]);
    expect(divergence).toMatchObject({ at: "n1", node: "n1", lostTxids: "21-23" });
    expect(world.point("lost-found")).toMatchObject([{ at: "n1", epoch: 2, path: "lost+found/2", txids: "21-23" }]);
    let tail: unknown;
    sim.at(3_000, () => {
      void readTail(world.at("n1").env.disk, "lost+found/2").then((transactions) => {
        tail = transactions.map(({ changes }) => (changes as { value: string }).value);
      });
    });
    await world.run(3_100);
    expect(tail).toEqual(["lost-1", "lost-2", "lost-3"]);
  });

  it("refuses a replica of another cluster", async () => {
    const world = new ReplicationWorld(["n1", "n2"], { clusterIds: { n1: "ours", n2: "theirs" } });
    await world.run(100);
    world.at("n1").lead(1);
    world.at("n2").follow("n1", 1);
    world.world.at(150, () => void world.at("n1").write(1, "k", 1));
    await world.run(1_000);
    expect(world.at("n2").replica.state).toBe("refused");
    expect(world.position("n2")).toBe("0000000000000000/0000000000000000");
  });
});
