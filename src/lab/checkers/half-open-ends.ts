import type { Micros, PointRecord, RecordId, StateRecord, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import type { CheckerContext, CheckerFold } from "./checker.ts";
import { ClockRates } from "./views/clock-rates.ts";
import type { Deadline } from "./views/deadlines.ts";
import { intOf, textOf } from "./views/fields.ts";

const SLACK: Micros = 20_000;

/** What the rule of `transient-states-end` reads of breakers. */
export const HALF_OPEN_TRIGGERS: readonly string[] = [
  "state:breaker*",
  "point:breaker.config",
  "point:breaker.call",
  "point:breaker.result",
  "state:clock",
];

interface Breaker {
  readonly node: string;
  readonly name: string;
  readonly deadline: Deadline;
  callTimeoutMs: number;
  /** Probes that decide: all succeed, or one fails. */
  probesNeeded: number;
  /** Of the present half-open state; −1 in any other. */
  generation: number;
  record: RecordId;
  /** Probes let through, less those that said nothing. */
  probes: number;
}

/** A half-open breaker is decided when as many probes have ended as it needs. Without traffic it may stay for ever. */
export class HalfOpenEnds implements CheckerFold {
  readonly #context: CheckerContext;
  readonly #nodes;
  readonly #rates = new ClockRates();
  readonly #breakers = new Map<string, Breaker>();

  constructor(context: CheckerContext) {
    this.#context = context;
    this.#nodes = context.views.nodes;
  }

  on(record: TraceRecord): void {
    if (record.kind === "state" && record.origin === "world") this.#onWorld(record);
    else if (record.kind === "state" && record.key.startsWith("breaker")) this.#onState(record);
    else if (record.kind === "point" && record.name.startsWith("breaker.")) this.#onPoint(record);
  }

  #onWorld(record: StateRecord): void {
    if (record.key === "clock") this.#rates.change(record);
    if (record.key !== "process") return;
    for (const breaker of this.#breakers.values()) {
      if (breaker.node !== record.node) continue;
      if (record.value === "down") this.#leave(breaker);
      // A pause keeps the timers of its calls from firing; they are late after it, and no more.
      else if (record.value === "paused") breaker.deadline.cancel();
      else this.#arm(breaker, record.time);
    }
  }

  #onState(record: StateRecord): void {
    const breaker = this.#breaker(record.node, record.key.slice("breaker>".length));
    if (breaker.generation >= 0) this.#context.judged();
    this.#leave(breaker);
    if (record.value !== "half-open") return;
    breaker.generation = intOf(record.fields["generation"]);
    breaker.record = record.id;
  }

  #onPoint(record: PointRecord): void {
    const { fields, name, time } = record;
    const breaker = this.#breaker(record.node, textOf(fields["name"]));
    if (name === "breaker.config") {
      breaker.callTimeoutMs = intOf(fields["callTimeoutMs"]);
      breaker.probesNeeded = intOf(fields["successThreshold"]);
      return;
    }
    if (breaker.generation < 0 || intOf(fields["generation"]) !== breaker.generation) return;
    if (name === "breaker.call") breaker.probes++;
    else if (textOf(fields["result"]) === "ignored") breaker.probes--;
    else return;
    this.#arm(breaker, time);
  }

  #arm(breaker: Breaker, now: Micros): void {
    breaker.deadline.cancel();
    if (breaker.generation < 0 || breaker.probes < breaker.probesNeeded) return;
    const slowest = 1_000_000 + this.#rates.slowest(breaker.node);
    breaker.deadline.arm(now + Math.ceil((breaker.callTimeoutMs * 1_000 * 1_000_000) / slowest) + SLACK);
  }

  #leave(breaker: Breaker): void {
    breaker.generation = -1;
    breaker.probes = 0;
    breaker.deadline.cancel();
  }

  #onDue(breaker: Breaker, due: Micros): void {
    if (!this.#nodes.isRunning(breaker.node)) return;
    const { node, name, probes, record } = breaker;
    this.#context.judged();
    this.#context.violated({
      record,
      time: due,
      nodes: [node],
      message: `${node}'s breaker${name === "" ? "" : ` for ${name}`} is still half-open at ${formatSeconds(due)}, though ${String(probes)} probes have had their time`,
      expected: `closed or open after ${String(breaker.probesNeeded)}`,
      observed: "half-open",
    });
  }

  #breaker(node: string, name: string): Breaker {
    const key = `${node} ${name}`;
    let breaker = this.#breakers.get(key);
    if (breaker === undefined) {
      const deadline = this.#context.views.deadlines.create((due) => {
        this.#onDue(made, due);
      });
      const made: Breaker = {
        ...{ node, name, deadline, record: -1 },
        ...{ callTimeoutMs: 0, probesNeeded: Infinity, generation: -1, probes: 0 },
      };
      this.#breakers.set(key, (breaker = made));
    }
    return breaker;
  }
}
