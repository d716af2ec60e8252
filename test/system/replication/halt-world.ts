import { HaltHolder, type HaltOutcome } from "../../../src/system/components/replication/halt-holder.ts";
import { HaltLock } from "../../../src/system/components/replication/halt-lock.ts";
import { KvStateMachine } from "../../../src/system/components/replication/kv-state-machine.ts";
import { formatPosition } from "../../../src/system/components/replication/position.ts";
import { ReplicatedDatabase } from "../../../src/system/components/replication/replicated-database.ts";
import { ReplicationReplica } from "../../../src/system/components/replication/replication-replica.ts";
import { ReplicationSource } from "../../../src/system/components/replication/replication-source.ts";
import { nodeId, type NodeEnv } from "../../../src/system/ports/node.ts";
import type { Plain } from "../../../src/system/ports/transport.ts";
import { TestWorld, type WorldOptions } from "../../sim/world.ts";
import { kv } from "./replication-world.ts";

export interface HaltNode {
  readonly env: NodeEnv;
  readonly machine: KvStateMachine;
  readonly database: ReplicatedDatabase;
  readonly source: ReplicationSource;
  readonly replica: ReplicationReplica;
  readonly lock: HaltLock;
  readonly holder: HaltHolder;
  /** What became of each write that was made here by right of a lock, in the order in which they ended. */
  readonly outcomes: { readonly value: Plain; readonly outcome: HaltOutcome }[];
  /** How often a lock has ended here. */
  ends: number;
  /** What the gate says. */
  mayWrite: boolean;
}

/** Times of every lock of these tests, ms. */
export const HALT = { ttlMs: 1_000, sweepMs: 300, acquireTimeoutMs: 3_000, keepMs: 400 };

/** n1 leads epoch 1; from 100 ms on n2 and n3 follow it, and may take its halt lock. */
export class HaltWorld {
  readonly world: TestWorld;
  readonly #nodes = new Map<string, HaltNode>();

  constructor(options: WorldOptions = {}) {
    const body = (env: NodeEnv): void => {
      this.#nodes.set(env.id, open(env));
    };
    this.world = new TestWorld({ n1: body, n2: body, n3: body }, { strict: true, ...options });
    this.world.at(50, () => {
      this.lead("n1", 1, []);
    });
    this.world.at(100, () => {
      for (const id of ["n2", "n3"]) this.follow(id, "n1", 1);
    });
  }

  at(id: string): HaltNode {
    return this.#nodes.get(id) as HaltNode;
  }
  lead(id: string, epoch: number, followers: readonly string[]): void {
    const { replica, holder, database, source, lock } = this.at(id);
    replica.stop();
    holder.stop();
    void database.adoptEpoch(epoch).then(() => {
      source.start(epoch);
      lock.start(epoch);
    });
    for (const follower of followers) this.follow(follower, id, epoch);
  }
  follow(id: string, primary: string, epoch: number): void {
    const { source, lock, replica, holder } = this.at(id);
    source.stop();
    lock.stop();
    replica.follow(nodeId(primary), epoch);
    holder.advance();
  }
  /** Writes at a replica by right of a lock. */
  write(id: string, value: Plain): void {
    const { holder, outcomes } = this.at(id);
    holder.write(kv("k", value), (outcome) => {
      outcomes.push({ value, outcome });
    });
  }
  async run(untilMs: number): Promise<this> {
    await this.world.run(untilMs);
    return this;
  }
  position(id: string): string {
    return formatPosition(this.at(id).database.appliedPosition);
  }
  points(name: string): Readonly<Record<string, unknown>>[] {
    return this.world.all.flatMap((record) =>
      record.kind === "point" && record.name === name
        ? [{ at: record.node, ms: record.time / 1_000, ...record.fields }]
        : [],
    );
  }
}

function open(env: NodeEnv): HaltNode {
  const { id, incarnation, disk, clock, timers, observer, transport } = env;
  const machine = new KvStateMachine();
  const database = new ReplicatedDatabase({
    ...{ disk, clock, timers, machine },
    onApplied: () => {
      source.pump();
      holder.advance();
    },
  });
  const send = transport.send.bind(transport);
  const ports = { database, clock, timers, observer, send };
  const source = new ReplicationSource(ports);
  const replica = new ReplicationReplica({ ...ports, id });
  const lock = new HaltLock({
    ...{ ...ports, ttlMs: HALT.ttlMs, sweepMs: HALT.sweepMs },
    mayWrite: () => node.mayWrite,
    onEnd: () => {
      node.ends++;
    },
  });
  const holder = new HaltHolder({
    ...{ ...ports, replica, acquireTimeoutMs: HALT.acquireTimeoutMs, keepMs: HALT.keepMs },
    life: `${id}.${String(incarnation)}`,
  });
  const node: HaltNode = {
    ...{ env, machine, database, source, replica, lock, holder },
    outcomes: [],
    ends: 0,
    mayWrite: true,
  };
  transport.subscribe((from, message) => {
    for (const side of [source, replica, lock, holder]) side.receive(from, message);
  });
  void database.open();
  return node;
}
