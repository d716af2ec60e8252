import type { NodeId } from "../../system/ports/node.ts";
import type { RunResult } from "../../trace/result.ts";
import type { TraceListener } from "../../trace/listeners.ts";
import { TraceWriter } from "../../trace/trace-writer.ts";
import { Cluster } from "../../sim/cluster.ts";
import { scheduleFaults, type FaultRun } from "../../sim/faults/schedule.ts";
import type { DrainMode } from "../../sim/kernel/drain.ts";
import { Kernel, type KernelOptions } from "../../sim/kernel/kernel.ts";
import { Rng } from "../../sim/kernel/rng.ts";
import type { NodeSpec } from "../../sim/process/sim-node.ts";
import { CheckerSet } from "../checkers/checker-set.ts";
import { ISOLATION_DEVICE, nodeIdsOf, wantsIsolation, type Scenario } from "../scenario/model.ts";
import { checkerRequest } from "./checks.ts";
import { programConfig } from "./config.ts";
import { Expectations } from "./expectations.ts";
import { IsolationSwitch, withIsolationDevice } from "./isolation.ts";
import { OutcomeCounter } from "./outcome-counter.ts";
import { findProgram } from "./programs.ts";
import { ReceiptStory } from "./receipt-story.ts";
import { StoryTeller, type StoryLimits } from "./story.ts";
import { clientsOf } from "./workloads.ts";

export interface AssembleOptions {
  readonly seed: string;
  /** Keep every record. Default false: digest, verdicts and story alone. */
  readonly keepTrace?: boolean;
  /** Freeze messages and refuse what is not plain data. Default true. */
  readonly strict?: boolean;
  readonly maxEvents?: number;
  readonly hangMs?: number;
  readonly drain?: DrainMode;
  readonly sliceEvents?: number;
  readonly betweenSlices?: NonNullable<KernelOptions["betweenSlices"]>;
  readonly onEscape?: NonNullable<KernelOptions["onEscape"]>;
  /** See records beside the run's own judges. */
  readonly listeners?: readonly TraceListener[];
}

/** Every live part of one run, wired, not yet started. */
export interface AssembledRun {
  readonly kernel: Kernel;
  readonly trace: TraceWriter;
  readonly cluster: Cluster;
  readonly faults: FaultRun;
  readonly checkers: CheckerSet;
  readonly expects: Expectations;
  readonly story: StoryTeller;
  readonly receipts: ReceiptStory;
  readonly outcomes: OutcomeCounter;
  readonly nodes: RunResult["nodes"];
}

/** Makes a world of a scenario and a seed. */
export async function assemble(scenario: Scenario, options: AssembleOptions): Promise<AssembledRun> {
  const { specs, nodes } = await nodesOf(scenario);
  const members = nodeIdsOf(scenario);
  const checkers = new CheckerSet({ ...checkerRequest(scenario, nodes), isKept: options.keepTrace ?? false });
  const expects = new Expectations(scenario.expect, members);
  const story = new StoryTeller(limitsOf(scenario, nodes));
  const receipts = new ReceiptStory({ hasOneBuffer: nodes.some(({ config }) => isReplicated(config)) });
  const outcomes = new OutcomeCounter();
  const isolation = new IsolationSwitch();
  const trace = new TraceWriter({
    keep: options.keepTrace ?? false,
    listeners: [
      ...checkers.listeners,
      ...expects.listeners,
      story,
      receipts,
      outcomes,
      isolation,
      ...(options.listeners ?? []),
    ],
  });
  checkers.onDone = () => {
    trace.reroute();
  };
  const kernel = new Kernel({
    trace,
    ...(options.maxEvents === undefined ? {} : { maxEvents: options.maxEvents }),
    ...(options.hangMs === undefined ? {} : { hangMs: options.hangMs }),
    ...(options.drain === undefined ? {} : { drain: options.drain }),
    ...(options.sliceEvents === undefined ? {} : { sliceEvents: options.sliceEvents }),
    ...(options.betweenSlices === undefined ? {} : { betweenSlices: options.betweenSlices }),
    ...(options.onEscape === undefined ? {} : { onEscape: options.onEscape }),
  });
  const { network, disk } = scenario;
  const cluster = new Cluster({
    kernel,
    rng: new Rng(options.seed),
    nodes: specs,
    network: {
      latency: network.latency,
      lossPpm: network.loss,
      duplicatePpm: network.duplicate,
      reorderPpm: network.reorder,
      reorderBy: network.reorderBy,
    },
    disk: {
      opLatency: disk.op,
      syncLatency: disk.sync,
      loseUnsynced: disk.loseUnsynced,
      ...(disk.capacity === undefined ? {} : { capacityBytes: disk.capacity }),
    },
    strict: options.strict ?? true,
  });
  isolation.connect(cluster);
  cluster.startAll();
  const faults = scheduleFaults({ cluster, faults: scenario.faults });
  return { kernel, trace, cluster, faults, checkers, expects, story, receipts, outcomes, nodes };
}

async function nodesOf(scenario: Scenario): Promise<{ specs: NodeSpec[]; nodes: RunResult["nodes"] }> {
  const members = nodeIdsOf(scenario) as NodeId[];
  const specs: NodeSpec[] = [];
  const nodes: RunResult["nodes"][number][] = [];
  const programs = scenario.nodes.flatMap((group) => Array.from({ length: group.count }, () => group.program));
  let next = 0;
  for (const group of scenario.nodes) {
    const program = await findProgram(group.program);
    const config = withIsolationDevice(programConfig(group.config));
    const clock =
      group.clock === undefined ? undefined : { offsetUs: group.clock.offset ?? 0, ppm: group.clock.ppm ?? 0 };
    for (let i = 0; i < group.count; i++) {
      const id = members[next++] as NodeId;
      specs.push({
        id,
        role: "node",
        program,
        config,
        peers: members.filter((other, i) => other !== id && programs[i] === group.program),
        ...(clock === undefined ? {} : { clock }),
      });
      nodes.push({ id, program: group.program, role: "node", config: config });
    }
  }
  if (scenario.nodes.some((group) => wantsIsolation(group.config))) {
    // On the management network, so no member: no partition of the members reaches it.
    specs.push({
      id: ISOLATION_DEVICE as NodeId,
      role: "client",
      program: await findProgram("isolation-device"),
      config: {},
      peers: members,
    });
    nodes.push({ id: ISOLATION_DEVICE, program: "isolation-device", role: "client", config: {} });
  }
  for (const client of await clientsOf(scenario)) {
    specs.push({
      id: client.id as NodeId,
      role: "client",
      program: client.program,
      config: client.config,
      peers: members,
    });
    nodes.push({ id: client.id, program: client.program.name, role: "client", config: client.config });
  }
  return { specs, nodes };
}

/** Whether a `pos-adapter` with this configuration shares its buffer. */
function isReplicated(config: unknown): boolean {
  return (config as { readonly buffer?: unknown } | null)?.buffer === "replicated";
}

/** What the story may call a limit: the lease of the program, and what the scenario expects after a fault starts. */
function limitsOf(scenario: Scenario, nodes: RunResult["nodes"]): StoryLimits {
  const states = new Map<string, number>();
  for (const expect of scenario.expect) {
    if (expect.within === undefined || expect.never || expect.after?.endsWith(".start") !== true) continue;
    for (const [key, value] of Object.entries(expect.state ?? {}))
      if (typeof value === "string" && !states.has(`${key}=${value}`)) states.set(`${key}=${value}`, expect.within);
  }
  const config = nodes[0]?.config as { leaseMs?: number; electionTimeoutMs?: number } | undefined;
  const lease =
    config?.leaseMs ??
    (config?.electionTimeoutMs === undefined ? undefined : Math.floor(config.electionTimeoutMs * 0.75));
  return { states, ...(lease === undefined ? {} : { lease: lease * 1_000 }) };
}
