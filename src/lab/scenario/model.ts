import { z } from "zod";
import { faultSchema } from "../../sim/faults/registry.ts";
import { durationSchema, shareSchema } from "../../sim/faults/units.ts";
import { planSchema } from "./plan-schema.ts";
import { sometimesSchema } from "./sometimes-schema.ts";
import { latencySchema, rateSchema } from "./units-schema.ts";

/** Name of a scenario, which is its file's name too. */
export const SCENARIO_NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;
const NODE_NAME = /^[a-z][a-z0-9-]{0,31}$/;

const plainSchema: z.ZodType<PlainConfig> = z.lazy(() =>
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(plainSchema), z.record(z.string(), plainSchema)]),
);

/** What a program's or a workload's settings may hold. */
export type PlainConfig =
  string | number | boolean | null | readonly PlainConfig[] | { readonly [key: string]: PlainConfig };

const nodeGroupSchema = z.strictObject({
  program: z.string({ error: "the name of a program" }).min(1).describe("Name of the program these nodes run."),
  count: z.int().min(1).max(1_000).default(1).describe("How many of them."),
  prefix: z
    .string()
    .regex(NODE_NAME, { error: "a name as n, node or db-" })
    .default("n")
    .describe("Nodes are called prefix1 … prefix<count>."),
  config: z
    .record(z.string(), plainSchema)
    .default({})
    .describe("Settings of the program; a duration `x: 300ms` reaches it as `xMs: 300`."),
  clock: z
    .strictObject({
      offset: durationSchema({ min: -366 * 86_400_000_000 })
        .optional()
        .describe("How far the wall clock is ahead."),
      ppm: z.int().min(-100_000).max(100_000).optional().describe("How much faster the clock runs, parts per million."),
    })
    .optional()
    .describe("Clocks of these nodes from the start."),
});

const workloadSchema = z.strictObject({
  kind: z.string({ error: "the name of a workload" }).min(1).describe("Name of the workload; kv is the package's own."),
  clients: z.int().min(1).max(1_000).default(1).describe("How many clients."),
  prefix: z
    .string()
    .regex(NODE_NAME, { error: "a name as c or client-" })
    .optional()
    .describe("Clients are called prefix1 …; default c."),
  rate: rateSchema.prefault("10/s").describe("Operations its clients begin, all together."),
  target: z.string().default("any").describe("Whom they ask: any, leader, all, or a node."),
  keys: z.int().min(1).max(1_000_000).optional().describe("How many keys the clients share; default 10."),
  from: durationSchema().prefault("0s").describe("When the clients begin."),
  until: durationSchema({ min: 1 }).optional().describe("When the clients stop; default two seconds before the end."),
  config: z.record(z.string(), plainSchema).default({}).describe("Settings of the workload, as those of a program."),
});

const networkSchema = z.strictObject({
  latency: latencySchema
    .prefault({ logNormal: { median: "2ms", p99: "12ms" } })
    .describe("How long a message is on its way."),
  loss: shareSchema().prefault("0%").describe("How many messages are lost."),
  duplicate: shareSchema().prefault("0%").describe("How many messages arrive twice."),
  reorder: shareSchema().prefault("0%").describe("How many messages are held back and overtaken."),
  reorderBy: durationSchema().prefault("10ms").describe("How much later an overtaken message arrives."),
});

const diskSchema = z.strictObject({
  sync: latencySchema.prefault({ logNormal: { median: "1ms", p99: "6ms" } }).describe("How long an fsync takes."),
  op: latencySchema.prefault({ constant: "20us" }).describe("How long any other operation takes."),
  loseUnsynced: z.boolean().default(true).describe("Whether a power loss loses what was not synced."),
  capacity: z.int().min(1).optional().describe("Bytes a disk holds; without it, any number."),
});

const boundSchema = z.union([durationSchema(), z.number(), z.boolean()], {
  error: "a duration with its unit, a number, true or false",
});

const checkSchema = z.union([z.string(), z.record(z.string(), z.record(z.string(), boundSchema))], {
  error: 'the name of a checker, or { name: { bound: "10s" } }',
});

const stateValue = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const whoSchema = z.union([z.string(), z.array(z.string()).min(1)], {
  error: 'a node, "cut.leader", "cut.group[1]", "all", or a list of them',
});

const expectSchema = z.strictObject({
  node: z
    .string({ error: 'a node, or "cut.leader" for whom a fault meant' })
    .optional()
    .describe("One node: its name, or `<fault>.<role>`."),
  "some-of": whoSchema.optional().describe("At least one of these; `not cut.leader` is every other node."),
  "all-of": whoSchema.optional().describe("All of these at one moment."),
  state: z
    .record(z.string(), z.union([stateValue, z.array(stateValue).min(1)], { error: "a value, or a list of values" }))
    .optional()
    .describe("Keys and values that hold at the same moment; `{cut.leader}` stands for the node's name, also in keys."),
  succeed: shareSchema()
    .optional()
    .describe("Instead of a state: how many of the operations begun in the window end ok."),
  within: durationSchema({ min: 1 }).optional().describe("How long after the event `after` names."),
  after: z
    .string({ error: '"<fault>.start" or "<fault>.stop"' })
    .optional()
    .describe("What opens the window: `<fault>.start` or `<fault>.stop`."),
  by: durationSchema({ min: 1 }).optional().describe("Absolute end of the window, in virtual time."),
  lasting: durationSchema({ min: 1 }).optional().describe("How long it must then last."),
  never: z.boolean().default(false).describe("It must not happen in the window."),
});

const foundSchema = z.strictObject({
  seed: z
    .string({ error: "a seed" })
    .regex(/^[0-9A-Za-z][0-9A-Za-z._-]{0,63}$/, { error: "a seed, in quotes" })
    .describe("The seed at which it fails."),
  fingerprint: z.string().min(1).describe("How it fails."),
  version: z.string().min(1).describe("The version that last reproduced it."),
  fixedBy: z.string().optional().describe("What made it pass, since it does."),
});

/** The one model of both spellings. */
export const scenarioSchema = z
  .strictObject({
    $schema: z.string().optional().describe("For editors: where the schema is."),
    name: z
      .string({ error: "a name" })
      .regex(SCENARIO_NAME, { error: "lower-case letters, digits and dashes" })
      .describe("Name of the scenario, and of its file."),
    about: z.string().default("").describe("One or two sentences for people."),
    source: z.string().optional().describe("What this re-creates: a seed, an incident, an issue, a paper."),
    nodes: z.array(nodeGroupSchema).min(1).describe("The cluster, in groups of equal nodes."),
    workload: z.array(workloadSchema).default([]).describe("What clients do."),
    network: networkSchema.prefault({}).describe("Every link, while no fault says otherwise."),
    disk: diskSchema.prefault({}).describe("Every node's disk, while no fault says otherwise."),
    faults: z.array(faultSchema).default([]).describe("What breaks, and when."),
    plan: planSchema
      .optional()
      .describe(
        "What else breaks: faults that are drawn from the seed before the run; `plan: {}` takes every default.",
      ),
    checks: z
      .union([z.literal("all"), z.array(checkSchema)], { error: '"all", or a list of checkers' })
      .default("all")
      .describe("What must hold: all, or a list of checkers."),
    expect: z.array(expectSchema).default([]).describe("What must happen, and until when."),
    sometimes: z
      .array(sometimesSchema)
      .default([])
      .describe("What must happen in at least one seed of a sweep; where it never does, the sweep says so."),
    duration: durationSchema({ min: 1 }).describe("Virtual time after which the run ends."),
    found: foundSchema
      .optional()
      .describe("Of a failure that was shrunk: where it was found. Changes nothing of a run."),
  })
  .meta({
    title: "Faultline scenario",
    description: "A cluster, what its clients do, what breaks, and what must hold.",
  });

/** A scenario as written: durations in text. Plain JSON. */
export type ScenarioInput = z.input<typeof scenarioSchema>;
/** A scenario with every default and every time in integer µs. */
export type Scenario = z.output<typeof scenarioSchema>;
export type ExpectSpec = Scenario["expect"][number];
export type FaultInput = z.input<typeof faultSchema>;

/** A scenario that was checked: what runs (`scenario`) and what is stored and read back (`input`). */
export interface LoadedScenario {
  readonly scenario: Scenario;
  readonly input: ScenarioInput;
  /** Where it came from; absent for scenarios made in code. */
  readonly source?: {
    readonly path: string;
    readonly sha256: string;
    /** Rules asked for in place of the file's own, as `--checks` writes them. */
    readonly checks?: string;
  };
  /** What is odd but allowed, for people. */
  readonly warnings: readonly string[];
}

/** Node id of the isolation device of a scenario that has one. */
export const ISOLATION_DEVICE = "isolation";

/** Whether a program's settings ask for an isolation device. */
export function wantsIsolation(config: { readonly [key: string]: PlainConfig }): boolean {
  return config["isolation"] === true;
}

/** Ids of the nodes, group after group; groups with one prefix share its numbers. */
export function nodeIdsOf(scenario: {
  readonly nodes: readonly { readonly prefix: string; readonly count: number }[];
}): string[] {
  return numbered(scenario.nodes).flat();
}

function numbered(groups: readonly { readonly prefix: string; readonly count: number }[]): string[][] {
  const used = new Map<string, number>();
  return groups.map(({ prefix, count }) => {
    const first = used.get(prefix) ?? 0;
    used.set(prefix, first + count);
    return Array.from({ length: count }, (_, i) => oneText(`${prefix}${String(first + i + 1)}`));
  });
}

/**
 * The text that the runtime keeps once for all that are equal, as it does for keys. Ids are compared for every record, and whoever made
 * them, two that are equal are then the same.
 */
function oneText(text: string): string {
  return Object.keys({ [text]: true })[0] as string;
}

/** Ids of each workload's clients. */
export function clientIdsOf(scenario: {
  readonly workload: readonly { readonly prefix?: string | undefined; readonly clients: number }[];
}): string[][] {
  return numbered(scenario.workload.map(({ prefix, clients }) => ({ prefix: prefix ?? "c", count: clients })));
}
