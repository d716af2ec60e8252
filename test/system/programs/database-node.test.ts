import { describe, expect, it } from "vitest";
import { KvStateMachine } from "../../../src/system/components/replication/kv-state-machine.ts";
import { formatPosition } from "../../../src/system/components/replication/position.ts";
import type { HaNodeConfig } from "../../../src/system/programs/ha-node/config.ts";
import { startHaNode, type HaNodeFacts } from "../../../src/system/programs/ha-node/ha-node.ts";
import { nodeId, type NodeEnv } from "../../../src/system/ports/node.ts";
import { TestWorld } from "../../sim/world.ts";
import { kv } from "../replication/replication-world.ts";

const IDS = ["n1", "n2", "n3"];

/** Three nodes with a database each, which live as long as their machines do. */
class DatabaseWorld {
  readonly world: TestWorld;
  readonly facts = new Map<string, HaNodeFacts>();
  readonly machines = new Map<string, KvStateMachine>();
  readonly outcomes: string[] = [];

  constructor(config: HaNodeConfig, seed = "1") {
    const body = (env: NodeEnv): (() => void) => {
      const machine = new KvStateMachine();
      this.machines.set(env.id, machine);
      const { facts, stop } = startHaNode(env, config, machine);
      this.facts.set(env.id, facts);
      return () => stop?.();
    };
    this.world = new TestWorld(Object.fromEntries(IDS.map((id) => [id, body])), { seed });
  }

  get primary(): string {
    return IDS.find((id) => this.facts.get(id)?.isPrimary === true) ?? "";
  }
  /** Commits on a node, at this moment, and notes what came of it. */
  commit(id: string, key: string): void {
    const noted = (outcome: string): void => void this.outcomes.push(`${key}: ${outcome}`);
    this.facts
      .get(id)
      ?.commit(kv(key, "v"))
      .then(
        ({ position }) => noted(`done ${String(position.txid)}`),
        (error: unknown) => noted((error as { code?: string }).code ?? String(error)),
      );
  }
  positions(): string[] {
    return IDS.map((id) => formatPosition((this.machines.get(id) as KvStateMachine).position));
  }
}

describe.each(["quorum", "async"] as const)("a node whose data are a database, with durability %s", (durability) => {
  it("commits on the primary alone, and every copy gets it", async () => {
    const one = new DatabaseWorld({ durability });
    await one.world.run(3_000);
    const { primary } = one;
    const replica = IDS.find((id) => id !== primary) as string;
    one.world.at(3_000, () => {
      one.commit(primary, "a");
      one.commit(primary, "b");
      one.commit(replica, "c");
    });
    await one.world.run(4_000);
    expect([...one.outcomes].sort()).toEqual(["a: done 1", "b: done 2", "c: ENOTPRIMARY"]);
    expect(new Set(one.positions()).size).toBe(1);
    expect(IDS.map((id) => one.facts.get(id)?.replication?.lagMs)).toEqual([0, 0, 0]);
  });

  it("has everything again, and goes on, when all of them lost their power", async () => {
    const one = new DatabaseWorld({ durability });
    await one.world.run(3_000);
    one.world.at(3_000, () => {
      for (const key of ["a", "b", "c"]) one.commit(one.primary, key);
    });
    await one.world.run(4_000);
    const before = one.positions();
    one.world.at(4_000, () => {
      for (const id of IDS) one.world.cluster.crash(nodeId(id));
      for (const id of IDS) one.world.cluster.restart(nodeId(id));
    });
    await one.world.run(8_000);
    expect(one.positions()).toEqual(before);
    one.world.at(8_000, () => one.commit(one.primary, "d"));
    await one.world.run(9_000);
    expect(one.outcomes.at(-1)).toBe("d: done 4");
    expect(new Set(one.positions()).size).toBe(1);
    expect(one.world.cluster.errors).toEqual([]);
  });

  it("does not say that it is done when the leadership ended meanwhile", async () => {
    const one = new DatabaseWorld({ durability });
    await one.world.run(3_000);
    const { primary } = one;
    one.world.at(3_000, () => {
      for (const id of IDS) if (id !== primary) one.world.cluster.pause(nodeId(id));
    });
    // Nobody confirms the lease any more; it ends a moment later.
    one.world.at(3_150, () =>
      one.world.cluster.node(primary).disk.addEffect({ fault: "slow", slowSyncBy: 400_000, touch: () => undefined }),
    );
    one.world.at(3_160, () => one.commit(primary, "a"));
    await one.world.run(6_000);
    expect(one.outcomes).toEqual(["a: WRITE_UNCONFIRMED"]);
  });

  it("refuses changes that its machine can never apply", async () => {
    const one = new DatabaseWorld({ durability });
    await one.world.run(3_000);
    const refused: unknown[] = [];
    one.world.at(3_000, () => {
      one.facts
        .get(one.primary)
        ?.commit("nonsense")
        .catch((error: unknown) => refused.push((error as { code: string }).code));
    });
    await one.world.run(3_100);
    expect(refused).toEqual(["REPLICATION_CHANGES"]);
  });
});

it("takes no transaction while the disk of its primary is full, and says so", async () => {
  const one = new DatabaseWorld({ durability: "async" });
  await one.world.run(3_000);
  const { primary } = one;
  const disk = one.world.cluster.node(primary).disk;
  one.world.at(3_000, () => {
    const end = disk.addEffect({ fault: "full", full: true, touch: () => undefined });
    one.world.at(3_050, end);
    one.commit(primary, "a");
  });
  one.world.at(3_020, () => {
    one.commit(primary, "b");
  });
  await one.world.run(5_000);
  expect(one.outcomes[0]).toBe("b: EUNHEALTHY");
  expect(new Set(one.positions()).size).toBe(1);
});

it("makes no transactions where its data are the keys and values of a Raft group's log", async () => {
  const codes: unknown[] = [];
  const world = new TestWorld(
    Object.fromEntries(
      IDS.map((id) => [
        id,
        (env: NodeEnv) => {
          const { facts } = startHaNode(env, {});
          env.timers
            .create("commit", () => {
              facts.commit(kv("k", "v")).catch((error: unknown) => codes.push((error as { code: string }).code));
            })
            .arm(3_000);
        },
      ]),
    ),
  );
  await world.run(4_000);
  expect([...codes].sort()).toEqual(["ENOTPRIMARY", "ENOTPRIMARY", "HA_NODE_STORE"]);
});
