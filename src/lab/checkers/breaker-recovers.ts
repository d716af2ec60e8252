import type { Micros, PointRecord, StateRecord, TraceRecord } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { defineChecker, type CheckerContext, type CheckerFold } from "./checker.ts";
import { BREAKER_TRIGGERS } from "./views/breaker-view.ts";
import { ClockRates } from "./views/clock-rates.ts";
import type { Deadline } from "./views/deadlines.ts";
import { intOf, textOf } from "./views/fields.ts";
import { OFD_HEALTH_TRIGGERS, OfdHealth } from "./views/ofd-health.ts";

/** The breaker in front of the OFD, by its name. */
const NAME = "ofd";
/** Clocks that show whole ms, and what happens at one instant. */
const SLACK: Micros = 20_000;

/** One node's breaker in front of the OFD, in one life. */
interface Watch {
  readonly node: string;
  readonly deadline: Deadline;
  /** Integer ms of the node's clock. */
  readonly recoveryTimeoutMs: number;
  readonly callTimeoutMs: number;
  readonly callsMax: number;
  readonly successThreshold: number;
  state: string;
  since: Micros;
  /** From when on steady traffic must close it; `Infinity` while nothing asks that. */
  from: Micros;
  lastAttempt: Micros;
  lastAdmitted: Micros;
  record: number;
}

/**
 * The OFD is well for a node while it runs in a mode that answers, nothing cuts the two off and no fault disturbs bounds on time. Traffic
 * is steady while no two attempts, refused ones included, are further apart than half a call may take; a pause in it, and a call that
 * says nothing about the OFD, begin the wait anew.
 */
export const breakerRecovers = defineChecker("breaker-recovers", {
  invariant: "I45",
  unexercised: "no breaker had to recover",
  title: "A breaker closes again",
  rule: "Under steady traffic a breaker closes within its recovery timeout and 2 call times after the dependency is well again, and a half-open one lets a call through each time its probes may have ended.",
  triggers: [...BREAKER_TRIGGERS, ...OFD_HEALTH_TRIGGERS, "state:clock"],
  premises: (run) => (run.nodes.some(({ program }) => program === "ofd") ? undefined : "no node runs ofd"),
  create: (context) => new BreakerRecovers(context),
});

class BreakerRecovers implements CheckerFold {
  readonly #context: CheckerContext;
  readonly #health: OfdHealth;
  readonly #rates = new ClockRates();
  readonly #watches = new Map<string, Watch>();

  constructor(context: CheckerContext) {
    this.#context = context;
    this.#health = new OfdHealth(context);
  }

  on(record: TraceRecord): void {
    this.#health.on(record);
    if (record.kind === "state" && record.origin === "world") this.#onWorld(record);
    else if (record.kind === "state" && record.key === `breaker>${NAME}`) this.#onState(record);
    else if (record.kind === "point" && textOf(record.fields["name"]) === NAME) this.#onPoint(record);
    for (const watch of this.#watches.values()) this.#update(watch, record.time);
  }

  #onWorld(record: StateRecord): void {
    if (record.key === "clock") this.#rates.change(record);
    if (record.key !== "process" || record.value !== "down") return;
    this.#watches.get(record.node)?.deadline.cancel();
    this.#watches.delete(record.node);
  }

  #onState(record: StateRecord): void {
    const watch = this.#watches.get(record.node);
    if (watch === undefined) return;
    const wasAwaited = watch.from !== Infinity;
    if (record.value === "closed" && wasAwaited) this.#context.judged();
    // What was half-open and opens again, or is closed, begins anew; a probe that is let through is on its way.
    if (record.value !== "half-open") watch.from = Infinity;
    else watch.lastAdmitted = record.time;
    watch.state = record.value;
    watch.since = record.time;
    watch.record = record.id;
  }

  #onPoint(record: PointRecord): void {
    if (record.name === "breaker.config") this.#begin(record);
    const watch = this.#watches.get(record.node);
    if (watch === undefined) return;
    if (record.name === "breaker.refuse" && watch.state === "half-open") this.#onRefusedProbe(watch, record);
    if (record.name === "breaker.call") watch.lastAdmitted = record.time;
    if (record.name === "breaker.call" || record.name === "breaker.refuse") this.#onAttempt(watch, record.time);
    else if (textOf(record.fields["result"]) === "ignored" && watch.from !== Infinity) this.#await(watch, record.time);
  }

  #begin({ node, fields, time }: PointRecord): void {
    this.#watches.get(node)?.deadline.cancel();
    const watch: Watch = {
      node,
      deadline: this.#context.views.deadlines.create((due) => this.#onDue(watch, due)),
      recoveryTimeoutMs: intOf(fields["recoveryTimeoutMs"]),
      callTimeoutMs: intOf(fields["callTimeoutMs"]),
      callsMax: intOf(fields["halfOpenCallsMax"]),
      successThreshold: intOf(fields["successThreshold"]),
      state: "",
      since: time,
      from: Infinity,
      lastAttempt: -Infinity,
      lastAdmitted: -Infinity,
      record: -1,
    };
    this.#watches.set(node, watch);
  }

  #update(watch: Watch, now: Micros): void {
    const isOwed = watch.state !== "" && watch.state !== "closed" && this.#health.isWellFor(watch.node);
    if (!isOwed) {
      watch.from = Infinity;
      watch.deadline.cancel();
    } else if (watch.from === Infinity) {
      const over = watch.state === "open" ? watch.since + this.#longest(watch, watch.recoveryTimeoutMs) : now;
      this.#await(watch, Math.max(now, over));
    }
  }

  #await(watch: Watch, from: Micros): void {
    watch.from = from;
    const calls = Math.max(2, watch.successThreshold);
    watch.deadline.arm(from + this.#context.bound(calls * this.#longest(watch, watch.callTimeoutMs)) + SLACK);
  }

  #onAttempt(watch: Watch, now: Micros): void {
    if (now >= watch.from && !this.#isSteady(watch, now)) this.#await(watch, now);
    watch.lastAttempt = now;
  }

  #isSteady(watch: Watch, now: Micros): boolean {
    return now - Math.max(watch.from, watch.lastAttempt) <= this.#longest(watch, watch.callTimeoutMs) / 2;
  }

  #onDue(watch: Watch, due: Micros): void {
    // Without traffic it waits for the next attempt.
    if (!this.#isSteady(watch, due)) return;
    this.#context.judged();
    this.#context.violated({
      record: watch.record,
      time: due,
      nodes: [watch.node],
      message: `${watch.node}'s breaker for ${NAME} is still ${watch.state} at ${formatSeconds(due)}, though it was called steadily and the OFD well since ${formatSeconds(watch.from)}`,
      expected: "closed",
      observed: `${watch.state} since ${formatSeconds(watch.since)}`,
    });
  }

  #onRefusedProbe(watch: Watch, record: PointRecord): void {
    this.#context.judged();
    const closedFor = record.time - watch.lastAdmitted;
    const limit = watch.callsMax * this.#longest(watch, watch.callTimeoutMs) + SLACK;
    if (closedFor <= limit) return;
    this.#context.violated({
      record: record.id,
      time: record.time,
      nodes: [watch.node],
      message: `${watch.node}'s breaker for ${NAME}, half-open, refused a call at ${formatSeconds(record.time)}, ${formatSeconds(closedFor)} after it last let one through`,
      expected: `a probe within ${formatSeconds(limit)}`,
      observed: "a refusal",
      related: [watch.record],
    });
  }

  /** The longest true time that so many ms of its node's clock may have taken. */
  #longest({ node }: Watch, ms: number): Micros {
    return Math.ceil((ms * 1_000 * 1_000_000) / (1_000_000 + this.#rates.slowest(node)));
  }
}
