import type { CacheRoom } from "./config-cache.ts";
import type { Access, Model } from "./model.ts";
import type { History, Operation } from "./operation.ts";
import type { Counterexample } from "./result.ts";
import { RegisterZones } from "./register-zones.ts";
import { Search } from "./search.ts";
import { shrink } from "./shrink.ts";
import { OPEN, timelineOf, type Timeline } from "./timeline.ts";

/** Steps that explaining a violation may take, beside those that found it. */
const EXPLAIN_STEPS = 500_000;
/** Steps for each of the shorter histories that are tried, and operations of all of them together. */
const SHRINK_STEPS = 20_000;
const SHRINK_WORK = 200_000;
/** Integers that the memory of one such search may hold. */
const CACHE_INTS = 4_000_000;

/** The operations of a model that do not touch those of another partition. */
export class Partition<Op, State> {
  readonly name: string;
  readonly timeline: Timeline<Op>;
  /** The test for registers, where the history is one of distinct values. */
  readonly zones: RegisterZones | undefined;
  readonly #model: Model<Op, State>;
  readonly #accesses: readonly (Access | undefined)[];

  constructor(name: string, history: History<Op>, options: { places: readonly number[]; model: Model<Op, State> }) {
    const { model } = options;
    this.name = name;
    this.#model = model;
    this.timeline = timelineOf(history, options.places);
    this.#accesses = this.timeline.operations.map(({ op }) => model.access?.(op));
    this.zones = RegisterZones.of(this.timeline, this.#accesses, model.registerInitial);
  }

  search(room: CacheRoom = { ints: CACHE_INTS }): Search<Op, State> {
    return new Search(this.#model, this.timeline, room);
  }

  /** Places in the history that was given. */
  places(ids: readonly number[]): number[] {
    return ids.map((id) => this.timeline.source[id] as number);
  }

  /** An order of operations that proves the partition right, where the test for registers found nothing wrong. */
  zonesOrder(): number[] {
    return this.places(this.zones?.order() ?? []);
  }

  /** What to tell about the violation that the test for registers found. */
  explainZones(zones: RegisterZones): Counterexample {
    const at = zones.firstBad();
    const operation = this.timeline.returnAt.indexOf(at);
    const { rule, core } = zones.judge(at + 1) ?? { rule: "", core: [] };
    const search = this.#until(at).search();
    search.run(EXPLAIN_STEPS);
    const { order, states } = search.stuck();
    return this.#counterexample({ operation, at, order, states, rule, core });
  }

  /** What to tell about the violation that a search found. */
  explainSearch(search: Search<Op, State>): Counterexample {
    const { operation, order, states } = search.stuck();
    return this.#counterexample({
      operation,
      at: this.timeline.returnAt[operation] as number,
      order,
      states,
      rule: "",
    });
  }

  #counterexample(found: {
    operation: number;
    at: number;
    order: readonly number[];
    states: readonly string[];
    rule: string;
    /** Operations that may be enough. */
    core?: readonly number[];
  }): Counterexample {
    const { source, callAt } = this.timeline;
    const toPlaces = (ids: readonly number[]): number[] => this.places(ids);
    const { operation, at, states, rule, core = [] } = found;
    const order = found.order.filter((id) => id !== operation);
    const isPlaced = new Set(order);
    const began = [...callAt.keys()].filter((id) => (callAt[id] as number) < at);
    const byCall = (ids: readonly number[]): number[] =>
      [...ids].sort((a, b) => (callAt[a] as number) - (callAt[b] as number));
    return {
      partition: this.name,
      message: this.#message(operation, { states, rule, before: order.length }),
      operation: source[operation] as number,
      order: toPlaces(order),
      states,
      pending: toPlaces(byCall(began.filter((id) => !isPlaced.has(id)))),
      shrunk: toPlaces(byCall(this.#shrink(began, { operation, at, core }))),
    };
  }

  #message(operation: number, known: { states: readonly string[]; rule: string; before: number }): string {
    const { client, op } = this.timeline.operations[operation] as Operation<Op>;
    const where = known.states.length === 0 ? "" : `, where the state is ${known.states.join(" or ")}`;
    const rule = known.rule === "" ? "" : `: ${known.rule}`;
    return `${this.#model.describeOp(op)} by ${client} fits at no moment between its call and its return, after any order of the ${String(known.before)} operations before it${where}${rule}`;
  }

  #shrink(
    began: readonly number[],
    stuck: { operation: number; at: number; core: readonly number[] },
  ): readonly number[] {
    const few = [...new Set([...stuck.core, stuck.operation])];
    const isEnough = stuck.core.length > 0 && this.#until(stuck.at, few).isWrong();
    return shrink({
      ids: isEnough ? few : began,
      keep: stuck.operation,
      accesses: this.#accesses,
      isObserver: (id) => this.#model.isObserver((this.timeline.operations[id] as Operation<Op>).op),
      workMax: SHRINK_WORK,
      isWrong: (ids) => this.#until(stuck.at, ids).isWrong(),
    });
  }

  /** Whether this partition is certainly wrong, as far as a short look tells. */
  isWrong(): boolean {
    if (this.zones !== undefined) return this.zones.judge() !== undefined;
    return this.search().run(SHRINK_STEPS) === "violation";
  }

  /** The same up to and with the event at place `at`: what had not returned by then is open. */
  #until(at: number, ids?: readonly number[]): Partition<Op, State> {
    const { operations, callAt, returnAt } = this.timeline;
    const chosen = ids ?? [...callAt.keys()].filter((id) => (callAt[id] as number) < at);
    const history = chosen.flatMap((id) => {
      const { client, op } = operations[id] as Operation<Op>;
      const until = returnAt[id] as number;
      if (until <= at) return [{ client, op, call: callAt[id] as number, return: until }];
      // What changes nothing and has not returned need not be explained.
      if (this.#model.isObserver(op)) return [];
      return [{ client, op, call: callAt[id] as number }];
    });
    return new Partition(this.name, history, { places: [...history.keys()], model: this.#model });
  }
}

/** The history by partition, in the order of their first calls; open operations that change nothing are left out. */
export function partitionsOf<Op, State>(history: History<Op>, model: Model<Op, State>): Partition<Op, State>[] {
  const places = new Map<string, number[]>();
  for (const [place, operation] of history.entries()) {
    const { call, return: end = OPEN, op } = operation;
    if (!Number.isFinite(call) || !Number.isFinite(end) || (operation.return !== undefined && end < call))
      throw new RangeError(
        `Operation ${String(place)} of the history is called at ${String(call)} and returns at ${String(operation.return)}; it must not return before it is called.`,
      );
    const name = model.partitionOf?.(op) ?? "";
    if (operation.return === undefined && model.isObserver(op)) continue;
    const list = places.get(name);
    if (list === undefined) places.set(name, [place]);
    else list.push(place);
  }
  return [...places].map(([name, list]) => new Partition(name, history, { places: list, model }));
}
