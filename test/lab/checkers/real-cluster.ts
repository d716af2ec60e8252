import { CATALOGUE } from "../../../src/lab/checkers/catalogue.ts";
import { CheckerSet } from "../../../src/lab/checkers/checker-set.ts";
import { kvClient, type KvClientConfig } from "../../../src/lab/workloads/kv-client.ts";
import { Cluster } from "../../../src/sim/cluster.ts";
import { Kernel } from "../../../src/sim/kernel/kernel.ts";
import { Rng } from "../../../src/sim/kernel/rng.ts";
import { nodeId, type NodeId } from "../../../src/system/ports/node.ts";
import type { HaNodeConfig } from "../../../src/system/programs/ha-node/config.ts";
import { haNode } from "../../../src/system/programs/ha-node/ha-node.ts";
import type { Plain } from "../../../src/trace/plain.ts";
import type { Micros } from "../../../src/trace/record.ts";
import { TraceWriter } from "../../../src/trace/trace-writer.ts";
import type { Trace } from "../../../src/trace/trace.ts";
import type { Verdict } from "../../../src/trace/verdict.ts";

/** What a plan may do to the cluster; each order is an event of its own. */
export interface Chaos {
  readonly cluster: Cluster;
  readonly ids: readonly NodeId[];
  at(time: Micros, work: () => void): void;
  /** Cuts the directed links from each of `from` to each of `to`, for a time. */
  cut(options: { from: readonly NodeId[]; to: readonly NodeId[]; at: Micros; for: Micros }): void;
  /** The member that claims to lead in the newest term, or the first. */
  leader(): NodeId;
  /** Uniform integer from this plan's own stream. */
  pick(below: number): number;
}

export interface RealRun {
  readonly verdicts: readonly Verdict[];
  readonly trace: Trace | undefined;
  readonly records: number;
  readonly errors: readonly string[];
}

/** Runs the real ha-node with KV clients on the simulated cluster, under `plan`, with every checker online. */
export async function runReal(options: {
  seed: string;
  nodes: number;
  duration: Micros;
  config?: HaNodeConfig;
  checks?: "all" | readonly string[];
  keep?: boolean;
  plan?: (chaos: Chaos) => void;
}): Promise<RealRun> {
  const ids = Array.from({ length: options.nodes }, (_, i) => nodeId(`n${String(i + 1)}`));
  const config = options.config ?? {};
  const clients = ["c1", "c2", "c3"];
  const clientConfig = (client: number): KvClientConfig => ({
    client,
    clients: clients.length,
    nodes: ids,
    target: "any",
    intervalMs: 60,
    keys: 5,
    fromMs: 500,
    untilMs: Math.floor(options.duration / 1_000) - 2_000,
  });
  const checkers = new CheckerSet({
    checks: options.checks ?? "all",
    catalogue: CATALOGUE,
    run: {
      nodes: [
        ...ids.map((id) => ({ id, program: "ha-node", role: "node" as const, config: config as Plain })),
        ...clients.map((id) => ({ id, program: "kv-client", role: "client" as const, config: {} })),
      ],
      faults: [],
      endTime: options.duration,
      bounds: {},
    },
  });
  const trace = new TraceWriter({ keep: options.keep ?? false, listeners: checkers.listeners });
  const kernel = new Kernel({ trace });
  const rng = new Rng(options.seed);
  const cluster = new Cluster({
    kernel,
    rng,
    nodes: [
      ...ids.map((id) => ({
        id,
        role: "node" as const,
        program: haNode,
        config,
        peers: ids.filter((one) => one !== id),
      })),
      ...clients.map((id, i) => ({
        id: nodeId(id),
        role: "client" as const,
        program: kvClient,
        config: clientConfig(i),
        peers: ids,
      })),
    ],
    network: {
      latency: { logNormal: { median: 2_000, p99: 12_000 } },
      lossPpm: 1_000,
      duplicatePpm: 1_000,
      reorderPpm: 1_000,
      reorderBy: 10_000,
    },
    disk: {
      opLatency: { constant: 20 },
      syncLatency: { logNormal: { median: 1_000, p99: 6_000 } },
      loseUnsynced: true,
    },
  });
  options.plan?.(chaosOf(cluster, ids, rng));
  cluster.startAll();
  await kernel.run(options.duration);
  return {
    verdicts: checkers.finish(kernel.now),
    trace: trace.trace,
    records: trace.count,
    errors: cluster.errors.map((error) => JSON.stringify(error)),
  };
}

function chaosOf(cluster: Cluster, ids: readonly NodeId[], rng: Rng): Chaos {
  const random = rng.stream("test/chaos");
  let cuts = 0;
  return {
    cluster,
    ids,
    at: (time, work) => {
      cluster.at(time, work);
    },
    cut: ({ from, to, at, for: duration }) => {
      const fault = `cut-${String(++cuts)}`;
      cluster.at(at, () => {
        const effect = { fault, cut: true, touch: () => undefined };
        const undo = from.flatMap((a) => to.filter((b) => a !== b).map((b) => cluster.network.addEffect(a, b, effect)));
        cluster.at(at + duration, () => {
          for (const one of undo) one();
        });
      });
    },
    leader: () => ids.find((id) => cluster.board.get(id, "role")?.value === "leader") ?? (ids[0] as NodeId),
    pick: (below) => random.integer(0, below - 1),
  };
}
