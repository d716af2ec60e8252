import { KvStateMachine } from "../../../src/system/components/replication/kv-state-machine.ts";
import { formatPosition } from "../../../src/system/components/replication/position.ts";
import { ReplicatedDatabase, type Retention } from "../../../src/system/components/replication/replicated-database.ts";
import { ReplicationReplica } from "../../../src/system/components/replication/replication-replica.ts";
import { ReplicationSource } from "../../../src/system/components/replication/replication-source.ts";
import { nodeId, type NodeEnv } from "../../../src/system/ports/node.ts";
import type { Plain } from "../../../src/system/ports/transport.ts";
import type { WorldOptions } from "../../sim/world.ts";
import { TestWorld } from "../../sim/world.ts";

/** One node of a replicated database in the simulator: told by the test whom to follow. */
export interface Replicated {
  readonly env: NodeEnv;
  readonly machine: KvStateMachine;
  readonly database: ReplicatedDatabase;
  readonly source: ReplicationSource;
  readonly replica: ReplicationReplica;
  /** Why the replica is stuck. */
  readonly stuck: readonly Error[];
  lead(epoch: number): void;
  follow(primary: string, epoch: number): void;
  write(epoch: number, key: string, value: Plain): Promise<unknown>;
}

export const kv = (key: string, value: Plain, client = "", seq = 0): Plain => ({
  operation: "write",
  key,
  value,
  client,
  seq,
});

export interface ReplicationWorldOptions extends WorldOptions {
  readonly retention?: Partial<Retention>;
  readonly clusterIds?: Readonly<Record<string, string>>;
  readonly resync?: "snapshot" | "rollback";
}

/** Nodes `n1` … with a replicated database each. */
export class ReplicationWorld {
  readonly world: TestWorld;
  readonly #nodes = new Map<string, Replicated>();

  constructor(ids: readonly string[], options: ReplicationWorldOptions = {}) {
    const body = (env: NodeEnv): void => {
      this.#nodes.set(env.id, open(env, options));
    };
    this.world = new TestWorld(Object.fromEntries(ids.map((id) => [id, body])), { strict: true, ...options });
  }

  at(id: string): Replicated {
    return this.#nodes.get(id) as Replicated;
  }
  async run(untilMs: number): Promise<this> {
    await this.world.run(untilMs);
    return this;
  }
  position(id: string): string {
    return formatPosition(this.at(id).database.appliedPosition);
  }
  point(name: string): Readonly<Record<string, unknown>>[] {
    return this.world.all.flatMap((record) =>
      record.kind === "point" && record.name === name ? [{ at: record.node, ...record.fields }] : [],
    );
  }
}

function open(env: NodeEnv, options: ReplicationWorldOptions): Replicated {
  const { disk, clock, timers, observer, transport, id } = env;
  const machine = new KvStateMachine();
  const { retention = {}, clusterIds = {}, resync = "snapshot" } = options;
  const stuck: Error[] = [];
  const database = new ReplicatedDatabase({
    disk,
    clock,
    machine,
    retention,
    onApplied: () => {
      source.pump();
    },
  });
  const send = transport.send.bind(transport);
  const source = new ReplicationSource({ database, clock, timers, observer, send });
  const replica = new ReplicationReplica({
    ...{ id, database, clock, timers, observer, send, resync },
    onStuck: (error) => stuck.push(error),
  });
  transport.subscribe((from, message) => {
    source.receive(from, message);
    replica.receive(from, message);
  });
  const opened = database.open().then(async () => {
    const cluster = clusterIds[id];
    if (cluster !== undefined && database.clusterId === "") await database.setClusterId(cluster);
  });
  return {
    env,
    machine,
    database,
    source,
    replica,
    stuck,
    lead: (epoch) => {
      void opened.then(async () => {
        replica.stop();
        await database.adoptEpoch(epoch);
        source.start(epoch);
      });
    },
    follow: (primary, epoch) => {
      void opened.then(() => {
        source.stop();
        replica.follow(nodeId(primary), epoch);
      });
    },
    write: (epoch, key, value) => database.commit(epoch, kv(key, value)),
  };
}
