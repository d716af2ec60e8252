import { CATALOGUE } from "../../../src/lab/checkers/catalogue.ts";
import { CheckerSet } from "../../../src/lab/checkers/checker-set.ts";
import { Cluster } from "../../../src/sim/cluster.ts";
import { Kernel } from "../../../src/sim/kernel/kernel.ts";
import { Rng } from "../../../src/sim/kernel/rng.ts";
import type { NetworkConfig } from "../../../src/sim/network/link-effect.ts";
import type { HeldLock } from "../../../src/system/components/lock/lock-port.ts";
import { RedisLock } from "../../../src/system/components/lock/redis-lock.ts";
import { nodeId, type NodeEnv, type Program } from "../../../src/system/ports/node.ts";
import type { RedisPort } from "../../../src/system/ports/redis.ts";
import { SimRedisClient } from "../../../src/system/programs/redis/client.ts";
import { redisServer } from "../../../src/system/programs/redis/server.ts";
import type { TraceRecord } from "../../../src/trace/record.ts";
import { TraceWriter } from "../../../src/trace/trace-writer.ts";
import type { Verdict } from "../../../src/trace/verdict.ts";

const CHECKS = ["lock-mutex", "lock-ownership", "fencing-grows", "lock-progress", "no-uncaught-exception"];

/** What a node of the world is handed: its ports, a client of the server, and a lock on it. */
export interface Holder {
  readonly env: NodeEnv;
  readonly redis: RedisPort;
  readonly lock: RedisLock;
}

export interface LockWorldOptions {
  readonly seed?: string;
  readonly network?: Partial<NetworkConfig>;
  readonly clocks?: Readonly<Record<string, { ppm: number }>>;
  /** What all holders agree on; without it they have no agreement. */
  readonly epochOf?: (serverId: string) => Promise<number>;
}

/** A Redis server `redis` and nodes that use its lock, on simulated machines whose messages take 1 ms, with the lock's checkers. */
export class LockWorld {
  readonly kernel: Kernel;
  readonly cluster: Cluster;
  readonly records: TraceRecord[] = [];
  readonly #checkers: CheckerSet;

  constructor(bodies: Readonly<Record<string, (holder: Holder) => Promise<void>>>, options: LockWorldOptions = {}) {
    const names = ["redis", ...Object.keys(bodies)];
    this.#checkers = new CheckerSet({
      checks: CHECKS,
      catalogue: CATALOGUE,
      run: {
        nodes: names.map((id) => ({ id, program: id === "redis" ? "redis" : "holder", role: "node", config: {} })),
        faults: [],
        endTime: 600_000_000,
        bounds: {},
      },
    });
    const collect = { triggers: ["state", "point", "sent"], on: (record: TraceRecord) => this.records.push(record) };
    this.kernel = new Kernel({
      trace: new TraceWriter({ keep: false, listeners: [...this.#checkers.listeners, collect] }),
    });
    const holder: Program = {
      name: "holder",
      start(env) {
        const redis = new SimRedisClient({ ...env, server: nodeId("redis") });
        const { epochOf } = options;
        const lock = new RedisLock({ ...env, redis, ...(epochOf === undefined ? {} : { epochOf }) });
        void bodies[env.id]?.({ env, redis, lock });
        return {};
      },
    };
    this.cluster = new Cluster({
      kernel: this.kernel,
      rng: new Rng(options.seed ?? "1"),
      nodes: names.map((id) => ({
        id: nodeId(id),
        role: "node",
        program: id === "redis" ? redisServer : holder,
        config: {},
        peers: names.filter((other) => other !== id).map(nodeId),
        clock: { offsetUs: 0, ppm: options.clocks?.[id]?.ppm ?? 0 },
      })),
      network: {
        latency: { constant: 1_000 },
        lossPpm: 0,
        duplicatePpm: 0,
        reorderPpm: 0,
        reorderBy: 0,
        ...options.network,
      },
      disk: { opLatency: { constant: 100 }, syncLatency: { constant: 1_000 }, loseUnsynced: true },
      strict: true,
    });
    this.cluster.startAll();
  }

  /** Runs to this time, in ms. */
  async run(untilMs: number): Promise<this> {
    await this.kernel.run(untilMs * 1_000);
    return this;
  }
  /** Work of the world at this time, in ms. */
  at(ms: number, work: (cluster: Cluster) => void): this {
    this.cluster.at(ms * 1_000, () => work(this.cluster));
    return this;
  }
  /** Loses what one node sends to another, from and to these times in ms; both directions with `isBoth`. */
  cut(from: string, to: string, times: { from: number; to: number; isBoth?: boolean }): this {
    const effect = { fault: "cut", cut: true, touch: () => undefined };
    this.at(times.from, ({ network }) => {
      const undo = [network.addEffect(nodeId(from), nodeId(to), effect)];
      if (times.isBoth !== false) undo.push(network.addEffect(nodeId(to), nodeId(from), effect));
      this.at(times.to, () => undo.forEach((one) => one()));
    });
    return this;
  }
  pause(node: string, times: { from: number; to: number }): this {
    return this.at(times.from, (cluster) => cluster.pause(nodeId(node))).at(times.to, (cluster) =>
      cluster.resume(nodeId(node)),
    );
  }

  /** `ms node value` of every record of the state `lock>KEY`; extensions left out. */
  holds(key: string): string[] {
    const lines: string[] = [];
    const last = new Map<string, string>();
    for (const record of this.records) {
      if (record.kind !== "state" || record.key !== `lock>${key}`) continue;
      const token = record.fields["token"];
      const reason = record.fields["reason"];
      const line = `${record.node} ${record.value}${reason === undefined ? "" : ` ${String(reason)}`}`;
      if (last.get(record.node) === `${line} ${String(token)}`) continue;
      last.set(record.node, `${line} ${String(token)}`);
      lines.push(`${String(Math.round(record.time / 1_000))} ${line}`);
    }
    return lines;
  }
  /** `ms name` of the server's records, without `lock.` and extensions. */
  get grants(): string[] {
    return this.records.flatMap((record) =>
      record.kind === "point" && record.node === "redis" && record.name !== "lock.extend"
        ? [`${String(Math.round(record.time / 1_000))} ${record.name.slice("lock.".length)}`]
        : [],
    );
  }
  /** Verdicts that are violations, with what they say; ends the run. */
  complaints(): string[] {
    return this.verdicts().flatMap(({ checker, violation }) =>
      violation === undefined ? [] : [`${checker}: ${violation.message}`],
    );
  }
  verdicts(): Verdict[] {
    return this.#checkers.finish(this.kernel.now);
  }
}

/** The lock that was granted, or a failed test. */
export async function granted(asked: ReturnType<RedisLock["acquire"]>): Promise<HeldLock> {
  const got = await asked;
  if (got.outcome !== "granted") throw new Error(`expected a grant, got ${got.outcome}`);
  return got.lock;
}
