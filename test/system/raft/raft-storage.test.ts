import { describe, expect, it } from "vitest";
import type { DiskEffect } from "../../../src/sim/disk/disk-effect.ts";
import { RaftStorage } from "../../../src/system/components/raft/raft-storage.ts";
import type { NodeEnv, NodeId } from "../../../src/system/ports/node.ts";
import { TestWorld } from "../../sim/world.ts";

const n1 = "n1" as NodeId;
const entry = (index: number) =>
  ({ index, term: 1, type: "command", command: `c${String(index)}`, client: "c1", seq: index }) as const;

/** A storage on one node, which saves entry `i` at `i` seconds and says when it is durable; each life says first what it loaded. */
function world(entries: readonly number[]): TestWorld & { storage(): RaftStorage } {
  let current: RaftStorage | undefined;
  const made = new TestWorld({
    n1: async (env: NodeEnv) => {
      const storage = new RaftStorage({ id: env.id, disk: env.disk, clock: env.clock, timers: env.timers });
      const stored = await storage.load();
      current = storage;
      env.observer.point(`loaded ${stored.entries.map((one) => String(one.entry.index)).join(",")}`);
      for (const index of entries) {
        if (env.incarnation > 1) break;
        const timer = env.timers.create("save", () => {
          storage.saveEntry(entry(index));
          storage.whenDurable(() => {
            env.observer.point(`durable ${String(index)}`);
          });
        });
        timer.arm(index * 1_000);
      }
    },
  });
  return Object.assign(made, { storage: () => current as RaftStorage });
}

const said = (of: TestWorld): string[] => of.points.map((point) => point.replace(" n1", ""));

function disturb(of: TestWorld, from: number, to: number, effect: Partial<DiskEffect>): void {
  of.at(from, () => {
    const end = of.cluster.node("n1").disk.addEffect({ fault: "f", touch: () => undefined, ...effect });
    of.at(to, end);
  });
}

describe("RaftStorage", () => {
  it("waits on a full disk until everything fits, in order, and says so; it is not slow meanwhile", async () => {
    const one = world([1, 2, 3, 6]);
    disturb(one, 1_500, 5_000, { full: true });
    await one.run(2_500);
    expect([one.storage().isFull, one.storage().isDurable]).toEqual([true, false]);
    await one.run(4_950);
    expect(one.storage().writeMs).toBeLessThan(10);
    await one.run(7_000);
    expect([one.storage().isFull, one.storage().isDurable]).toEqual([false, true]);
    const times = said(one).map((line) => line.split(" ").slice(1).join(" "));
    expect(times).toEqual(["loaded ", "durable 1", "durable 2", "durable 3", "durable 6"]);
    const second = one.records("point").find(({ name }) => name === "durable 2");
    expect(second?.time).toBeGreaterThan(5_000_000);
    expect(second?.time).toBeLessThan(5_110_000);
  });

  it("finds after a power loss on a full disk what it had said to be durable", async () => {
    const one = world([1, 2, 3]);
    disturb(one, 1_500, 5_000, { full: true });
    one.at(4_000, () => {
      one.cluster.crash(n1);
      one.cluster.restart(n1);
    });
    await one.run(7_000);
    expect(said(one).map((line) => line.split(" ").slice(1).join(" "))).toEqual(["loaded ", "durable 1", "loaded 1"]);
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
        const [second, third] = said(one)
          .slice(2)
          .map((line) => line.split(" ").slice(1).join(" "));
        // A process on the same page cache must not promise what the disk may not have; one after a power loss sees the disk.
        if (how === "kill") expect(second).toBe("loaded 1");
        expect(third).toBe(second);
      }
    },
  );

  it("stops when the disk takes no more changes", async () => {
    const one = world([1]);
    disturb(one, 500, 2_500, { readOnly: true });
    await one.run(3_000);
    expect(one.states("process").at(-1)).toContain("n1 down");
    expect(one.records("state").at(-1)?.fields["reason"]).toBe("fail-stop");
  });
});
