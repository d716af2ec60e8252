import type { Micros } from "../../trace/record.ts";
import type { EffectOrder, Verdict } from "../../trace/verdict.ts";
import type { ClientLane, EffectLine } from "./model.ts";

const OK = 0;

interface Call {
  readonly from: Micros;
  /** Its answer; Infinity when there was none that says when it was done. */
  readonly until: Micros;
  /** Where its bar ends. */
  readonly shownTo: Micros;
}

/** Places the calls of each order in time. */
export function foldEffects(verdicts: readonly Verdict[], clients: readonly ClientLane[]): EffectLine[] {
  const orders = verdicts.flatMap((verdict) => verdict.orders ?? []);
  if (orders.length === 0) return [];
  const calls = new Map<number, Call>();
  for (const { operations } of clients) {
    const { call, end, outcome, record } = operations;
    for (let place = 0; place < call.length; place++) {
      const shownTo = end[place] as number;
      const until = outcome[place] === OK ? shownTo : Infinity;
      calls.set(record[place] as number, { from: call[place] as number, until, shownTo });
    }
  }
  return orders.map((order) => lineOf(order, calls));
}

/**
 * Each call stands in the middle of the time that the order leaves it: no earlier than the calls before it began, no later than those
 * after it were answered. One without an answer stands inside its bar where it can.
 */
function lineOf({ key, calls, misfit }: EffectOrder, known: ReadonlyMap<number, Call>): EffectLine {
  const told = calls.filter((record) => known.has(record));
  const callOf = (place: number): Call => known.get(told[place] as number) as Call;
  const latest = new Float64Array(told.length);
  for (let place = told.length - 1, least = Infinity; place >= 0; place--)
    latest[place] = least = Math.min(least, callOf(place).until);
  const at: Micros[] = [];
  let earliest = 0;
  let before = 0;
  for (let place = 0; place < told.length; place++) {
    const { from, shownTo } = callOf(place);
    earliest = Math.max(earliest, from);
    const until = Math.min(latest[place] as number, Math.max(earliest, shownTo));
    before = Math.max(before, Math.floor((earliest + until) / 2));
    at.push(before);
  }
  return { key, record: told, at, misfit };
}
