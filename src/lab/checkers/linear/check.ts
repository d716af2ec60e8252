import type { Model } from "./model.ts";
import type { History } from "./operation.ts";
import { partitionsOf, type Partition } from "./partition.ts";
import type { LinearizabilityResult, Layer } from "./result.ts";
import type { Search } from "./search.ts";
import { provesLinearizable } from "./witness.ts";

/** How much may be spent, and what is known beside the history. */
export interface LinearizabilityOptions {
  /** Steps of the model after which the history is `unknown`. Default 50,000,000. */
  readonly stepsMax?: number;
  /** An order of operations (places in the history) that may be the one in which they took effect: tried before anything else. */
  readonly witness?: readonly number[];
  /** Whether to hand over orders that prove a history right. Default false: most who ask want the verdict alone. */
  readonly withOrders?: boolean;
  /** Layers not to use, to compare them. */
  readonly without?: readonly Layer[];
}

const STEPS_MAX = 50_000_000;
/** What the first round gives to each partition; each further round gives four times as much. */
const FIRST_ROUND = 4_096;
const GROWTH = 4;
/** Integers that the memory of all searches may hold: 96 MB. */
const CACHE_INTS_MAX = 24_000_000;

/**
 * Judges whether a history of concurrent operations could have come from one copy of a data type, each operation taking effect at
 * one moment between its call and its return.
 *
 * In layers, cheapest first: a witness, if one is given; for read/write registers with distinct values a test in O(n log n); for
 * everything else a search, all partitions in turn with growing budgets, so that one hard partition does not hide a wrong one.
 *
 * @throws {RangeError} when an operation returns before it is called.
 * @example
 * const result = checkLinearizable(
 *   [
 *     { client: "a", op: { f: "write", value: 1 }, call: 0, return: 1 },
 *     { client: "b", op: { f: "read", value: null }, call: 2, return: 3 },
 *   ],
 *   register(),
 * );
 * // result.verdict: "violation"
 */
export function checkLinearizable<Op, State>(
  history: History<Op>,
  model: Model<Op, State>,
  options: LinearizabilityOptions = {},
): LinearizabilityResult {
  const { stepsMax = STEPS_MAX, witness, without = [], withOrders = false } = options;
  const partitions = partitionsOf(history, model);
  const facts = { operations: history.length, partitions: partitions.length };
  const right = (layer: Layer, steps: number): LinearizabilityResult => ({ verdict: "ok", layer, steps, ...facts });
  if (witness !== undefined && !without.includes("witness") && provesLinearizable(history, model, witness))
    return { ...right("witness", witness.length), ...(withOrders ? { orders: split(history, model, witness) } : {}) };
  let steps = 0;
  const rest: Partition<Op, State>[] = [];
  for (const partition of partitions) {
    const { zones } = partition;
    if (zones === undefined || without.includes("zones")) {
      rest.push(partition);
      continue;
    }
    steps += partition.timeline.operations.length;
    if (zones.judge() !== undefined)
      return { verdict: "violation", layer: "zones", steps, ...facts, counterexample: partition.explainZones(zones) };
  }
  const found = new Map<Partition<Op, State>, readonly number[]>();
  const result =
    rest.length === 0 ? right("zones", steps) : { ...facts, ...searchAll(rest, { stepsMax, steps, found }) };
  if (!withOrders || result.verdict !== "ok") return result;
  return { ...result, orders: partitions.map((one) => found.get(one) ?? one.zonesOrder()) };
}

/** One order of all, as one a partition. */
function split<Op, State>(
  history: History<Op>,
  model: Model<Op, State>,
  order: readonly number[],
): readonly (readonly number[])[] {
  const parts = new Map<string, number[]>();
  for (const place of order) {
    const name = model.partitionOf?.((history[place] as History<Op>[number]).op) ?? "";
    const part = parts.get(name);
    if (part === undefined) parts.set(name, [place]);
    else part.push(place);
  }
  return [...parts.values()];
}

interface Turn<Op, State> {
  readonly partition: Partition<Op, State>;
  search?: Search<Op, State>;
}

function searchAll<Op, State>(
  partitions: readonly Partition<Op, State>[],
  budget: {
    readonly stepsMax: number;
    readonly steps: number;
    /** Takes the order of each that is right. */
    readonly found: Map<Partition<Op, State>, readonly number[]>;
  },
): Pick<LinearizabilityResult, "verdict" | "layer" | "steps" | "counterexample" | "reason"> {
  const layer = "search";
  let { steps } = budget;
  let turns: Turn<Op, State>[] = partitions.map((partition) => ({ partition }));
  const room = { ints: CACHE_INTS_MAX };
  for (let round = FIRST_ROUND; turns.length > 0; round *= GROWTH) {
    const undecided: Turn<Op, State>[] = [];
    for (const turn of turns) {
      const search = (turn.search ??= turn.partition.search(room));
      const left = budget.stepsMax - steps;
      if (left <= 0) return { verdict: "unknown", layer, steps, reason: reasonOf(turns, budget.stepsMax) };
      const before = search.steps;
      const verdict = search.run(Math.min(round, left));
      steps += search.steps - before;
      if (verdict === "violation")
        return { verdict, layer, steps, counterexample: turn.partition.explainSearch(search) };
      if (verdict === "running") undecided.push(turn);
      else {
        budget.found.set(turn.partition, turn.partition.places(search.order()));
        search.release();
      }
    }
    turns = undecided;
  }
  return { verdict: "ok", layer, steps };
}

function reasonOf(turns: readonly Turn<unknown, unknown>[], stepsMax: number): string {
  const names = turns.map(({ partition }) => partition.name).filter((name) => name !== "");
  const where = names.length === 0 ? "" : ` of ${names.slice(0, 5).join(", ")}${names.length > 5 ? ", …" : ""}`;
  return `undecided after ${String(stepsMax)} steps: neither an order${where} was found nor all were tried`;
}
