import type { NodeEnv, NodeId, Program } from "../../src/system/ports/node.ts";
import { Cluster, type ClusterOptions } from "../../src/sim/cluster.ts";
import type { DiskConfig } from "../../src/sim/disk/disk-effect.ts";
import { Kernel, type KernelOptions } from "../../src/sim/kernel/kernel.ts";
import { Rng } from "../../src/sim/kernel/rng.ts";
import type { NetworkConfig } from "../../src/sim/network/link-effect.ts";
import type { RecordKind, TraceRecord } from "../../src/trace/record.ts";
import { TraceWriter } from "../../src/trace/trace-writer.ts";

/** Every message takes 1 ms and arrives once. */
export const PLAIN_NETWORK: NetworkConfig = {
  latency: { constant: 1_000 },
  lossPpm: 0,
  duplicatePpm: 0,
  reorderPpm: 0,
  reorderBy: 0,
};
export const PLAIN_DISK: DiskConfig = {
  opLatency: { constant: 100 },
  syncLatency: { constant: 2_000 },
  loseUnsynced: true,
};

/** What a node of a test runs, at each start. A function that it returns is the program's `stop`. */
export type Body = (env: NodeEnv) => unknown;

export interface WorldOptions {
  readonly seed?: string;
  readonly network?: Partial<NetworkConfig>;
  readonly clocks?: Readonly<Record<string, { offsetUs?: number; ppm?: number }>>;
  readonly strict?: boolean;
  readonly kernel?: Omit<KernelOptions, "trace">;
  readonly cluster?: Partial<ClusterOptions>;
}

/** A cluster whose every node runs a function, with its whole trace kept. */
export class TestWorld {
  readonly kernel: Kernel;
  readonly cluster: Cluster;

  constructor(bodies: Readonly<Record<string, Body>>, options: WorldOptions = {}) {
    const ids = Object.keys(bodies) as NodeId[];
    this.kernel = new Kernel({ trace: new TraceWriter({ keep: true }), ...options.kernel });
    this.cluster = new Cluster({
      kernel: this.kernel,
      rng: new Rng(options.seed ?? "1"),
      nodes: ids.map((id) => ({
        id,
        role: "node",
        program: programOf(bodies[id] as Body),
        config: {},
        peers: ids.filter((other) => other !== id),
        ...(options.clocks?.[id] === undefined ? {} : { clock: options.clocks[id] }),
      })),
      network: { ...PLAIN_NETWORK, ...options.network },
      disk: PLAIN_DISK,
      strict: options.strict ?? false,
      ...options.cluster,
    });
    this.cluster.startAll();
  }

  /** Runs to this time, in ms. */
  async run(untilMs: number): Promise<this> {
    await this.kernel.run(untilMs * 1_000);
    return this;
  }

  /** Work of the world at this time, in ms. */
  at(ms: number, work: () => void): this {
    this.cluster.at(ms * 1_000, work);
    return this;
  }

  get digest(): string {
    return this.cluster.trace.digest();
  }

  get all(): readonly TraceRecord[] {
    return [...(this.cluster.trace.trace ?? [])];
  }

  records<Kind extends RecordKind>(kind: Kind): readonly Extract<TraceRecord, { kind: Kind }>[] {
    return this.all.filter((record): record is Extract<TraceRecord, { kind: Kind }> => record.kind === kind);
  }

  /** `ms node value` of every record of one state. */
  states(key: string): readonly string[] {
    return this.records("state")
      .filter((record) => record.key === key)
      .map((record) => `${String(record.time / 1_000)} ${record.node} ${record.value}`);
  }

  /** `ms node name` of every point of programs. */
  get points(): readonly string[] {
    return this.records("point")
      .filter((record) => record.origin === "program")
      .map((record) => `${String(record.time / 1_000)} ${record.node} ${record.name}`);
  }
}

function programOf(body: Body): Program<unknown> {
  return {
    name: "test",
    start(env) {
      const stop = body(env);
      return typeof stop === "function" ? { stop: stop as () => void } : {};
    },
  };
}

/** A body that does nothing. */
export const idle: Body = () => undefined;
