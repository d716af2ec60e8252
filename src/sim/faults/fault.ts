import { z } from "zod";
import type { Micros, RecordId } from "../../trace/record.ts";
import type { Cluster } from "../cluster.ts";
import type { RngStream } from "../kernel/rng.ts";
import { targetSchema, type NodeId, type Target } from "./targets.ts";
import { durationSchema } from "./units.ts";

/** Fields every fault has. */
export const commonFields = {
  id: z
    .string()
    .regex(/^[a-z][a-zA-Z0-9-]{0,63}$/, { error: "a name as cut or slow-disk-2" })
    .optional()
    .describe("Name of the fault, unique in its scenario; default its kind."),
  at: z
    .union([durationSchema(), z.tuple([durationSchema(), durationSchema()])], {
      error: 'a moment as "10s", or two between which it is drawn, as ["5s", "15s"]',
    })
    .describe("When it starts: a moment, or two between which it is drawn."),
  for: durationSchema({ min: 1 }).optional().describe("How long it lasts, from when it really starts."),
  until: durationSchema({ min: 1 }).optional().describe("The moment at which it ends."),
  optional: z.boolean().default(false).describe("Whether it may touch nothing."),
};

/** What every parsed fault has; durations and moments in µs. */
export interface CommonSpec {
  readonly id?: string | undefined;
  readonly kind: string;
  readonly at: Micros | readonly [Micros, Micros];
  readonly for?: Micros | undefined;
  readonly until?: Micros | undefined;
  readonly optional: boolean;
}

/** What a fault that is active may use. */
export interface FaultContext<Spec> {
  readonly id: string;
  readonly spec: Spec;
  readonly cluster: Cluster;
  /** The stream `faults/<id>`. */
  readonly random: RngStream;
  /** What the targets meant, one entry for each group of {@link FaultKind.groups}. */
  readonly groups: readonly (readonly NodeId[])[];
  /** The stream `faults/<id>/<name>`. */
  readonly stream: (name: string) => RngStream;
  /** Counts things the fault changed; the first one is recorded. */
  readonly touch: (count?: number) => void;
  /** Schedules work of the fault, which is dropped when the fault has ended by then. */
  readonly at: (time: Micros, work: () => void) => void;
  /** Ends the fault at this moment, before the time its spec says. */
  readonly finish: () => void;
  readonly startRecord: RecordId;
}

/** From when until when a fault certainly keeps a node from running; `node` is `"all"` for all of them. */
export interface Outage {
  readonly node: string;
  readonly from: Micros;
  readonly to: Micros;
  readonly how: "down" | "paused";
}

/** Two faults, or two parts of one, that cannot both be meant. `path` starts at the list of faults. */
export interface Contradiction {
  readonly path: (string | number)[];
  readonly message: string;
  readonly expected: string;
}

/** One kind of fault: its data, its effect and its end. */
export interface FaultKind<Spec> {
  readonly kind: string;
  /** One sentence for people: what it does, and what its end does. */
  readonly about: string;
  /** What it counts as having touched something. */
  readonly touches: string;
  readonly schema: z.ZodType<Spec>;
  /** Whether it ends when it is done; such a kind takes neither `for` nor `until`. */
  readonly endsItself?: boolean;
  /** Targets to be resolved when it starts. */
  groups(spec: Spec): readonly (readonly Target[])[];
  /** What is wrong in a spec whose every field alone is right; paths start in the spec. */
  problems?(spec: Spec): Contradiction[];
  /** What it does to nodes it names, as far as that can be known before the run. */
  outages?(spec: Spec): Outage[];
  /** Takes effect at this moment. @returns its end; calling it twice is the same as once. */
  start(context: FaultContext<Spec>): () => void;
}

/** Gives a kind its spec's type from its schema. */
export function defineFault<Schema extends z.ZodType>(
  kind: FaultKind<z.output<Schema>> & { readonly schema: Schema },
): FaultKind<z.output<Schema>> & { readonly schema: Schema } {
  return kind;
}

/** Fields of a kind that acts on nodes: `node: n1` or `nodes: [n1, n2]`. */
export const nodeFields = {
  node: targetSchema.optional().describe("The node it acts on."),
  nodes: z.array(targetSchema).min(1).optional().describe("The nodes it acts on."),
};

export interface NodesSpec {
  readonly node?: Target | undefined;
  readonly nodes?: readonly Target[] | undefined;
}

/** The one group of targets of a kind that acts on nodes. */
export function nodesOf(spec: NodesSpec): readonly Target[] {
  return spec.nodes ?? (spec.node === undefined ? [] : [spec.node]);
}

/** For `superRefine`: one of `node` and `nodes`, not both and not neither. */
export function needsNodes(spec: NodesSpec, context: z.RefinementCtx): void {
  if ((spec.node === undefined) !== (spec.nodes === undefined)) return;
  const message = "either node or nodes: whom it acts on";
  context.addIssue({ code: "custom", message, path: spec.nodes === undefined ? [] : ["nodes"] });
}

/** The earliest and the latest moment at which a fault is due to start. */
export function startRange(spec: CommonSpec): readonly [Micros, Micros] {
  return typeof spec.at === "number" ? [spec.at, spec.at] : spec.at;
}

/** From when until when a fault is certainly active, if it starts when it is due; empty when `from` ≥ `to`. */
export function certainSpan(spec: CommonSpec): { readonly from: Micros; readonly to: Micros } {
  const [earliest, latest] = startRange(spec);
  return { from: latest, to: spec.until ?? (spec.for === undefined ? Infinity : earliest + spec.for) };
}

/** Runs every end once, in order. */
export function endAll(ends: readonly (() => void)[]): () => void {
  return () => {
    for (const end of ends) end();
  };
}
