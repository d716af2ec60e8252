import type { PointRecord, StateRecord, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker, type CheckerContext, type CheckerFold } from "./checker.ts";
import { BREAKER_TRIGGERS, describeBreaker, type BreakerState } from "./views/breaker-view.ts";
import { intOf, textOf } from "./views/fields.ts";

/** What a breaker was made with; 0 where it did not say. */
interface Limits {
  readonly failureThreshold: number;
  readonly successThreshold: number;
  readonly recoveryTimeoutMs: number;
  /** Opens at a run of failures; with a window the moment of opening is not judged. */
  readonly isConsecutive: boolean;
}

interface Count {
  readonly limits: Limits;
  failures: number;
  successes: number;
  /** The state that must come next, and why; `""` while it must stay. */
  due: "" | "open" | "closed";
  dueRecord: number;
}

/** One ms, for clocks that show whole ones. */
const ROUNDING_US = 1_000;

/**
 * Counts anew, from the results alone: a result counts if no change of state lies between its call and itself. What the breaker
 * says of its generation is not looked at. The 60 s are its node's, at the rates that the world gave its clock.
 */
export const breakerExact = defineChecker("breaker-exact", {
  invariant: "I29",
  unexercised: "no breaker used",
  title: "Breakers change when they should",
  rule: "A breaker opens at the last of the consecutive failures it allows, stays open for its recovery timeout and no longer once called, and closes at the last of the successful probes it asks for; results from before a change of state change nothing.",
  triggers: [...BREAKER_TRIGGERS, "state:clock", "state:process"],
  create: (context) => new BreakerExact(context),
});

class BreakerExact implements CheckerFold {
  readonly #context: CheckerContext;
  readonly #breakers;
  readonly #counts = new Map<string, Count>();
  readonly #ppm = new Map<string, { slowest: number; fastest: number }>();

  constructor(context: CheckerContext) {
    this.#context = context;
    this.#breakers = context.views.breakers;
  }

  on(record: TraceRecord): void {
    if (record.kind !== "state" && record.kind !== "point") return;
    if (record.origin === "world") {
      if (record.kind === "state") this.#onWorld(record);
      return;
    }
    const breaker = this.#breakers.of(record);
    const key = keyOf(breaker);
    if (record.kind === "point" && record.name === "breaker.config") this.#counts.set(key, newCount(record));
    const count = this.#counts.get(key);
    if (count === undefined) return;
    if (record.kind === "state") this.#onState(record, breaker, count);
    else if (this.#isDone(record, breaker, count)) this.#onPoint(record, breaker, count);
  }

  /** A life that ends owes nothing. */
  #onWorld(record: StateRecord): void {
    if (record.key === "clock") {
      const ppm = intOrZero(record, "ppm");
      const known = this.#ppm.get(record.node) ?? { slowest: 0, fastest: 0 };
      this.#ppm.set(record.node, {
        slowest: Math.min(known.slowest, ppm),
        fastest: Math.max(known.fastest, ppm),
      });
    } else if (record.value === "down") {
      for (const key of [...this.#counts.keys()]) if (key.startsWith(`${record.node}/`)) this.#counts.delete(key);
    }
  }

  /** Whether the state that was due before this record has come. */
  #isDone(record: PointRecord, breaker: BreakerState, count: Count): boolean {
    if (count.due === "") return true;
    this.#violated(record, breaker, {
      what: `stayed ${breaker.state} though ${reasonOf(count)}`,
      expected: count.due,
      observed: breaker.state,
      related: [count.dueRecord],
    });
    return false;
  }

  #onPoint(record: PointRecord, breaker: BreakerState, count: Count): void {
    if (record.name === "breaker.refuse") this.#onRefusal(record, breaker, count);
    if (record.name !== "breaker.result") return;
    const call = breaker.calls.get(intOf(record.fields["id"]));
    this.#context.judged();
    if (call?.era !== breaker.era) return;
    const result = textOf(record.fields["result"]);
    if (result === "ignored") return;
    const isFailure = result !== "success";
    if (breaker.state === "closed") {
      count.failures = isFailure ? count.failures + 1 : 0;
      if (count.limits.isConsecutive && count.failures >= count.limits.failureThreshold) owe(count, "open", record);
    } else if (breaker.state === "half-open") {
      if (isFailure) owe(count, "open", record);
      else if (++count.successes >= count.limits.successThreshold) owe(count, "closed", record);
    }
  }

  #onRefusal(record: PointRecord, breaker: BreakerState, count: Count): void {
    const { recoveryTimeoutMs } = count.limits;
    this.#context.judged();
    const openFor = record.time - breaker.since;
    const isOver = breaker.state === "open" && openFor >= this.#longest(record.node, recoveryTimeoutMs) + ROUNDING_US;
    if (breaker.state !== "closed" && !isOver) return;
    const what =
      breaker.state === "closed"
        ? "refused a call while closed"
        : `refused a call ${formatSeconds(openFor)} after it opened`;
    const expected = breaker.state === "closed" ? "a call" : `a probe after ${String(recoveryTimeoutMs)} ms`;
    this.#violated(record, breaker, { what, expected, observed: "a refusal", related: [breaker.record] });
  }

  #onState(record: StateRecord, breaker: BreakerState, count: Count): void {
    const { due, dueRecord } = count;
    const isManual = record.fields["isManual"] === true;
    const wrong = isManual || breaker.state === "" ? undefined : this.#wrongEdge(record, breaker, count);
    count.failures = 0;
    count.successes = 0;
    count.due = "";
    this.#context.judged();
    if (wrong === undefined) return;
    this.#violated(record, breaker, {
      what: `went from ${breaker.state} to ${record.value}: ${wrong}`,
      expected: due === "" ? breaker.state : due,
      observed: record.value,
      related: due === "" ? [breaker.record] : [dueRecord],
    });
  }

  #wrongEdge(record: StateRecord, breaker: BreakerState, count: Count): string | undefined {
    if (breaker.state === "open") {
      const { recoveryTimeoutMs } = count.limits;
      const openFor = record.time - breaker.since;
      if (openFor >= this.#shortest(record.node, recoveryTimeoutMs) - ROUNDING_US) return undefined;
      return `it was open for ${formatSeconds(openFor)} only`;
    }
    if (count.due === record.value) return undefined;
    if (breaker.state === "closed" && !count.limits.isConsecutive) return undefined;
    return count.due === "" ? counted(breaker, count) : reasonOf(count);
  }

  #longest(node: string, ms: number): number {
    return Math.ceil((ms * 1_000 * 1_000_000) / (1_000_000 + (this.#ppm.get(node)?.slowest ?? 0)));
  }
  #shortest(node: string, ms: number): number {
    return Math.floor((ms * 1_000 * 1_000_000) / (1_000_000 + (this.#ppm.get(node)?.fastest ?? 0)));
  }

  #violated(
    record: StateRecord | PointRecord,
    breaker: BreakerState,
    found: { what: string; expected: string; observed: string; related: readonly number[] },
  ): void {
    this.#context.violated({
      record: record.id,
      time: record.time,
      nodes: [record.node],
      message: `${describeBreaker(breaker)} ${found.what}, at ${formatSeconds(record.time)}`,
      expected: found.expected,
      observed: found.observed,
      related: found.related.filter((id) => id >= 0),
    });
  }
}

function newCount(record: PointRecord): Count {
  const { fields } = record;
  const limits: Limits = {
    failureThreshold: intOf(fields["failureThreshold"]),
    successThreshold: intOf(fields["successThreshold"]),
    recoveryTimeoutMs: intOf(fields["recoveryTimeoutMs"]),
    isConsecutive: textOf(fields["mode"]) === "consecutive",
  };
  return { limits, failures: 0, successes: 0, due: "", dueRecord: -1 };
}

function owe(count: Count, state: "open" | "closed", record: PointRecord): void {
  count.due = state;
  count.dueRecord = record.id;
}

function reasonOf({ due, failures, successes }: Count): string {
  if (due === "closed") return `${String(successes)} probes in a row had succeeded`;
  return failures > 0 ? `${String(failures)} calls in a row had failed` : "a probe had failed";
}

function counted({ state }: BreakerState, { failures, successes }: Count): string {
  return state === "closed"
    ? `${String(failures)} calls in a row had failed`
    : `${String(successes)} probes in a row had succeeded, none had failed`;
}

function intOrZero(record: StateRecord, key: string): number {
  const value = record.fields[key];
  return typeof value === "number" ? value : 0;
}

function keyOf({ node, name }: BreakerState): string {
  return `${node}/${name}`;
}
