import type { Program } from "../../system/ports/node.ts";
import { registerCode, registeredCode } from "../scenario/registry.ts";
import { clientIdsOf, nodeIdsOf, type PlainConfig, type Scenario } from "../scenario/model.ts";
import { programConfig } from "./config.ts";
import type { AnyProgram } from "./programs.ts";

/** What every client of a workload is started with, beside the workload's own settings. Times are integer ms from its start. */
export interface ClientConfig {
  /** Its place among the clients of this workload, from 0. */
  readonly client: number;
  readonly clients: number;
  /** The nodes it talks to, in order. */
  readonly nodes: readonly string[];
  /** `any`, `leader`, `all`, or a node. */
  readonly target: string;
  /** Between the beginnings of two of its operations. */
  readonly intervalMs: number;
  readonly keys: number;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Clients that make operations: one program, started once for each client. */
export interface Workload {
  readonly name: string;
  readonly program: Program<never>;
  /** Program of the nodes its clients talk to; without it, or where no node runs it, all of them. */
  readonly serves?: string;
}

interface BuiltIn {
  readonly load: () => Promise<AnyProgram>;
  readonly serves: string;
}

const BUILT_IN: ReadonlyMap<string, BuiltIn> = new Map([
  ["kv", { serves: "ha-node", load: async () => (await import("../workloads/kv-client.ts")).kvClient }],
  [
    "sessions",
    { serves: "ryw-proxy", load: async () => (await import("../workloads/sessions-client.ts")).sessionsClient },
  ],
  [
    "receipts",
    { serves: "pos-adapter", load: async () => (await import("../workloads/receipts-client.ts")).receiptsClient },
  ],
]);

/** Makes a workload known to scenarios of this process under its name, and returns it. */
export function registerWorkload(workload: Workload): Workload {
  registerCode("workload", workload);
  return workload;
}

export function knownWorkloads(): string[] {
  return [...new Set([...BUILT_IN.keys(), ...registeredCode("workload").keys()])];
}

/** A client of a scenario: its id, its program and what that is started with. */
export interface ClientSpec {
  readonly id: string;
  readonly program: AnyProgram;
  readonly config: Readonly<Record<string, PlainConfig>>;
}

/** Every client of a scenario, in order. */
export async function clientsOf(scenario: Scenario): Promise<ClientSpec[]> {
  const ids = clientIdsOf(scenario);
  const clients: ClientSpec[] = [];
  for (const [i, workload] of scenario.workload.entries()) {
    const { program, serves } = await findWorkload(workload.kind);
    const nodes = serversOf(scenario, serves);
    const until = workload.until ?? lastMoment(scenario.duration);
    const { count, per } = workload.rate;
    (ids[i] ?? []).forEach((id, client) => {
      const own: ClientConfig = {
        client,
        clients: workload.clients,
        nodes,
        target: workload.target,
        intervalMs: Math.max(1, Math.floor((per * workload.clients) / count / 1_000)),
        keys: workload.keys ?? 10,
        fromMs: Math.floor(workload.from / 1_000),
        untilMs: Math.floor(until / 1_000),
      };
      clients.push({ id, program, config: { ...programConfig(workload.config), ...own } });
    });
  }
  return clients;
}

/** Clients rest at the end, so that what they wrote can reach every node before the run is judged. */
function lastMoment(duration: number): number {
  return duration >= 10_000_000 ? duration - 2_000_000 : duration;
}

/** The nodes of a program; every node when none runs it. */
function serversOf(scenario: Scenario, program: string | undefined): string[] {
  const programs = scenario.nodes.flatMap((group) => Array.from({ length: group.count }, () => group.program));
  const all = nodeIdsOf(scenario);
  const serving = all.filter((_, i) => programs[i] === program);
  return serving.length > 0 ? serving : all;
}

async function findWorkload(name: string): Promise<{ readonly program: AnyProgram; readonly serves?: string }> {
  const own = registeredCode("workload").get(name) as unknown as Workload | undefined;
  if (own !== undefined) return own;
  const builtIn = BUILT_IN.get(name);
  if (builtIn === undefined) throw new RangeError(`No workload is called "${name}".`);
  return { program: await builtIn.load(), serves: builtIn.serves };
}
