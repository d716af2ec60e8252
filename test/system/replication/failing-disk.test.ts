import { describe, expect, it } from "vitest";
import type { DiskEffect } from "../../../src/sim/disk/disk-effect.ts";
import { KvStateMachine } from "../../../src/system/components/replication/kv-state-machine.ts";
import { readTail } from "../../../src/system/components/replication/lost-and-found.ts";
import { ReplicatedDatabase, type Retention } from "../../../src/system/components/replication/replicated-database.ts";
import type { NodeEnv, NodeId } from "../../../src/system/ports/node.ts";
import { TestWorld } from "../../sim/world.ts";
import { kv } from "./replication-world.ts";

const n1 = "n1" as NodeId;

interface WorldOptions {
  readonly retention?: Partial<Retention>;
  /** When the tail after transaction 1 is kept, as before a way back. */
  readonly exportAtMs?: number;
}

/** A database on one node, which commits transaction `i` at `i` seconds and says when it is done; each life says first where it stands. */
function world(transactions: readonly number[], options: WorldOptions = {}) {
  const { retention = {}, exportAtMs } = options;
  let current: ReplicatedDatabase | undefined;
  const made = new TestWorld({
    n1: async (env: NodeEnv) => {
      const { id, disk, clock, timers, observer } = env;
      const machine = new KvStateMachine();
      const database = new ReplicatedDatabase({ id, disk, clock, timers, machine, retention });
      await database.open();
      current = database;
      observer.point(`stands at ${String(database.position.txid)}`);
      for (const n of transactions) {
        if (env.incarnation > 1) break;
        const timer = timers.create("write", () => {
          void database.commit(1, kv("k", n)).then(() => {
            observer.point(`done ${String(n)}`);
          });
        });
        timer.arm(n * 1_000);
      }
      if (exportAtMs === undefined) return;
      const timer = timers.create("export", () => {
        void database.exportTail(1n, 2).then(({ path }) => {
          observer.point(`kept in ${path}`);
        });
      });
      timer.arm(exportAtMs);
    },
  });
  return Object.assign(made, { database: () => current as ReplicatedDatabase });
}

const said = (of: TestWorld): string[] => of.points.map((point) => point.split(" ").slice(2).join(" "));

function disturb(of: TestWorld, from: number, to: number, effect: Partial<DiskEffect>): void {
  of.at(from, () => {
    const end = of.cluster.node("n1").disk.addEffect({ fault: "f", touch: () => undefined, ...effect });
    of.at(to, end);
  });
}

/** When the second transaction, which brings about a checkpoint, is done while nothing fails, ms. */
async function secondDoneMs(): Promise<number> {
  const one = await world([1, 2], { retention: { checkpointEvery: 2 } }).run(3_000);
  return (one.records("point").find(({ name }) => name === "done 2")?.time ?? 0) / 1_000;
}

describe("a replicated database on a disk that fails", () => {
  it("waits while the disk is full until everything fits, in order, and says so", async () => {
    const one = world([1, 2, 3, 6]);
    disturb(one, 1_500, 5_000, { full: true });
    await one.run(1_900);
    expect(one.database().isDiskFull).toBe(false);
    await one.run(4_950);
    expect(one.database().isDiskFull).toBe(true);
    expect(one.database().appliedPosition.txid).toBe(1n);
    await one.run(7_000);
    expect(one.database().isDiskFull).toBe(false);
    expect(said(one)).toEqual(["stands at 0", "done 1", "done 2", "done 3", "done 6"]);
    const second = one.records("point").find(({ name }) => name === "done 2");
    expect(second?.time).toBeGreaterThan(5_000_000);
    expect(second?.time).toBeLessThan(5_110_000);
  });

  it("waits with a checkpoint that does not fit, and has lost nothing after a power loss meanwhile", async () => {
    const one = world([1, 2, 3], { retention: { checkpointEvery: 2 } });
    // The second transaction is written; the checkpoint that it brings about is not.
    disturb(one, (await secondDoneMs()) - 1, 5_000, { full: true });
    await one.run(3_500);
    expect(said(one)).toEqual(["stands at 0", "done 1", "done 2"]);
    expect(one.database().isDiskFull).toBe(true);
    one.at(4_000, () => {
      one.cluster.crash(n1);
      one.cluster.restart(n1);
    });
    await one.run(4_500);
    expect(said(one).at(-1)).toBe("stands at 2");
  });

  it.each(["kill", "crash"] as const)(
    "stops at a failed sync, and what was never durable is not taken for durable after a %s",
    async (how) => {
      for (let seed = 1; seed <= 10; seed++) {
        const one = world([1, 2]);
        disturb(one, 1_500, 2_500, { failingSyncs: one.cluster.rng.stream(`fails ${String(seed)}`) });
        one.at(3_000, () => {
          if (how === "crash") one.cluster.crash(n1);
          one.cluster.restart(n1);
        });
        one.at(4_000, () => {
          one.cluster.crash(n1);
          one.cluster.restart(n1);
        });
        await one.run(5_000);
        expect(one.states("process").slice(1, 2)).toEqual([expect.stringContaining("down")]);
        expect(one.cluster.errors).toEqual([]);
        const [second, third] = said(one).slice(2);
        // A process on the same page cache must not promise what the disk may not have; one after a power loss sees the disk.
        if (how === "kill") expect(second).toBe("stands at 1");
        expect(third).toBe(second);
      }
    },
  );

  it("has one whole history after a failed sync of a checkpoint", async () => {
    const doneMs = await secondDoneMs();
    for (let seed = 1; seed <= 10; seed++) {
      const one = world([1, 2], { retention: { checkpointEvery: 2 } });
      // After the sync of the second transaction and before that of the checkpoint.
      one.at(doneMs + 0.05, () => {
        const failingSyncs = one.cluster.rng.stream(`fails ${String(seed)}`);
        const end = one.cluster.node("n1").disk.addEffect({ fault: "f", touch: () => undefined, failingSyncs });
        one.at(2_500, end);
      });
      for (const at of [3_000, 4_000]) {
        one.at(at, () => {
          if (at === 4_000) one.cluster.crash(n1);
          one.cluster.restart(n1);
        });
      }
      await one.run(5_000);
      expect(said(one)).toEqual(["stands at 0", "done 1", "done 2", "stands at 2", "stands at 2"]);
    }
  });

  it("keeps what it drops before it drops it, when there is room for it", async () => {
    const one = world([1, 2], { exportAtMs: 3_000 });
    disturb(one, 2_500, 5_000, { full: true });
    await one.run(4_900);
    expect([said(one).at(-1), one.database().isDiskFull]).toEqual(["done 2", true]);
    await one.run(5_500);
    expect([said(one).at(-1), one.database().isDiskFull]).toEqual(["kept in lost+found/2", false]);
    const tail = readTail(one.cluster.node("n1").disk, "lost+found/2");
    await one.run(6_000);
    expect((await tail).map(({ position }) => position.txid)).toEqual([2n]);
  });
});
