import type { Micros, StateRecord, TraceRecord } from "../../../trace/record.ts";
import type { CheckerContext } from "../checker.ts";
import type { NodeFacts } from "../facts.ts";
import { MILD_OFD_DELAY } from "./disturbances.ts";
import { intOf } from "./fields.ts";
import type { NodeWorld } from "./node-world.ts";

/** Modes of an OFD in which each registration is answered at once. */
const PROMPT: readonly string[] = ["success", "duplicate-delivery"];

/** What {@link OfdHealth} must be shown, beside what `views.nodes` asks for. */
export const OFD_HEALTH_TRIGGERS: readonly string[] = ["state:ofd", "state:process", "state:link>*", "fault"];

/**
 * Whether OFDs are well: running, ready, and in a mode that answers. Made by a checker for itself, and fed by it with the records of
 * {@link OFD_HEALTH_TRIGGERS} before it asks.
 */
export class OfdHealth {
  readonly ofds: readonly string[];
  readonly #nodes: NodeWorld;
  readonly #facts: ReadonlyMap<string, NodeFacts>;
  /** How late each OFD answers in its present mode; `Infinity` for never, or not as it should. */
  readonly #delays = new Map<string, Micros>();

  constructor({ run, views }: Pick<CheckerContext, "run" | "views">) {
    this.#nodes = views.nodes;
    this.#facts = new Map(run.nodes.map((node) => [node.id, node]));
    this.ofds = run.nodes.filter(({ program }) => program === "ofd").map(({ id }) => id);
  }

  on(record: TraceRecord): void {
    if (record.kind !== "state") return;
    if (record.origin === "program" && record.key === "ofd") this.#delays.set(record.node, delayOf(record));
    else if (record.origin === "world" && record.key === "process" && record.value === "down")
      this.#delays.delete(record.node);
  }

  /** Whether the OFD that a node uses is well, the node runs, nothing cuts them off and no fault disturbs bounds on time. */
  isWellFor(node: string): boolean {
    const named = configEntry(this.#facts.get(node)?.config, "ofd");
    const used = typeof named === "string" ? [named] : this.ofds;
    const { isCalm } = this.#nodes;
    return isCalm && this.#nodes.isRunning(node) && used.every((ofd) => this.#isWell(ofd, node));
  }

  /** How late the slowest OFD that answers does so. */
  get delay(): Micros {
    return Math.max(0, ...[...this.#delays.values()].filter((delay) => delay <= MILD_OFD_DELAY));
  }

  #isWell(ofd: string, node: string): boolean {
    const isAnswering = (this.#delays.get(ofd) ?? Infinity) <= MILD_OFD_DELAY;
    return isAnswering && this.#nodes.isRunning(ofd) && this.#nodes.isLinked(node, ofd);
  }
}

function delayOf({ value, fields }: StateRecord): Micros {
  if (PROMPT.includes(value)) return 0;
  return value === "slow" ? intOf(fields["byMs"]) * 1_000 : Infinity;
}

/** One entry of a node's configuration. */
export function configEntry(config: unknown, key: string): unknown {
  return typeof config === "object" && config !== null ? (config as Readonly<Record<string, unknown>>)[key] : undefined;
}
