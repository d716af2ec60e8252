import type { Micros } from "../../trace/record.ts";
import type { Trace } from "../../trace/trace.ts";
import type { NodeLane, Stamps } from "./model.ts";
import { stepAt } from "./state-at.ts";

/** A page with more would outgrow its megabytes. */
const STAMPS_MAX = 200_000;
const TEXT = /^([0-9a-f]{12})([0-9a-f]{4})-(.+)$/;

interface Stamp {
  readonly ms: number;
  readonly counter: number;
  readonly node: string;
}

/** What a node's next stamp must lie above. */
interface Told {
  past: Stamp | undefined;
  /** Stamps of messages that arrived and are not stamped yet, as texts. */
  readonly arrived: string[];
}

export interface StampFold {
  readonly stamps: Stamps;
  /** Stamps that are too many for a page; it has none then. */
  readonly left: number;
}

/**
 * Reads the stamps of hybrid logical clocks off a trace, in the order in which they were given out, and marks those that are out of it.
 *
 * A message tells its receiver no more than the stamp that it carries: what its sender knew besides is left to the rules.
 *
 * @param max  How many a page has room for.
 */
export function foldStamps(trace: Trace, lanes: readonly NodeLane[], max = STAMPS_MAX): StampFold {
  const empty = { at: [], node: [], ms: [], counter: [], record: [], odd: [], epochMs: 0 };
  if (!trace.strings.includes("hlc")) return { stamps: empty, left: 0 };
  const laneOf = new Map(lanes.map((lane, index) => [lane.id, index]));
  const told = new Map<string, Told>();
  const of = (node: string): Told => {
    let known = told.get(node);
    if (known === undefined) told.set(node, (known = { past: undefined, arrived: [] }));
    return known;
  };
  const out = { ...empty, at: [] as Micros[], node: [] as number[], ms: [] as number[], counter: [] as number[] };
  const record: number[] = [];
  const odd: number[] = [];
  const epochs: number[] = [];
  let largest: Stamp | undefined;
  for (let id = 0; id < trace.count; id++) {
    const kind = trace.cell(id, 2) & 255;
    if (kind === 1) {
      const { hlc } = (trace.body(trace.cell(id, 7)) ?? {}) as { readonly hlc?: unknown };
      if (typeof hlc === "string") of(trace.strings[trace.cell(id, 3)] as string).arrived.push(hlc);
      continue;
    }
    if (kind !== 5 || !(trace.strings[trace.cell(id, 6)] as string).startsWith("hlc")) continue;
    const point = trace.record(id);
    if (point.kind !== "point") continue;
    const { name, node, fields, time } = point;
    const known = of(node);
    // What arrived before the clock was ready told it nothing; what it refused or held back is not in its past yet.
    if (name === "hlc.open") known.arrived.length = 0;
    else if (name !== "hlc") remove(known.arrived, String(fields["remote"]));
    const lane = laneOf.get(node);
    if (name !== "hlc" || lane === undefined) continue;
    const stamp = { ms: Number(fields["ms"]), counter: Number(fields["counter"]), node };
    for (const text of [...known.arrived, String(fields["remote"] ?? "")])
      known.past = larger(known.past, parsed(text));
    known.arrived.length = 0;
    const isWrong = known.past !== undefined && compare(stamp, known.past) <= 0;
    odd.push(isWrong ? 2 : largest !== undefined && compare(stamp, largest) < 0 ? 1 : 0);
    known.past = larger(known.past, stamp);
    largest = larger(largest, stamp);
    out.at.push(time);
    out.node.push(lane);
    out.ms.push(stamp.ms);
    out.counter.push(stamp.counter);
    record.push(id);
    epochs.push(
      Number(fields["wallMs"]) - Math.round((time + stepAt((lanes[lane] as NodeLane).clock, time, 0)) / 1_000),
    );
  }
  if (record.length === 0) return { stamps: empty, left: 0 };
  if (record.length > max) return { stamps: empty, left: record.length };
  // The moment at which the run began, by clocks that were right or whose fault is known: what most of them say.
  const epochMs = epochs.sort((a, b) => a - b)[epochs.length >> 1] as number;
  return { stamps: { ...out, ms: out.ms.map((ms) => ms - epochMs), record, odd, epochMs }, left: 0 };
}

function remove(texts: string[], text: string): void {
  const place = texts.indexOf(text);
  if (place >= 0) texts.splice(place, 1);
}

function parsed(text: string): Stamp | undefined {
  const match = TEXT.exec(text);
  if (match === null) return undefined;
  const [, ms = "", counter = "", node = ""] = match;
  return { ms: Number.parseInt(ms, 16), counter: Number.parseInt(counter, 16), node };
}

/** Order of `(ms, counter, node)`, nodes by code unit. */
function compare(a: Stamp, b: Stamp): number {
  return a.ms - b.ms || a.counter - b.counter || (a.node < b.node ? -1 : a.node > b.node ? 1 : 0);
}

function larger(a: Stamp | undefined, b: Stamp | undefined): Stamp | undefined {
  return a === undefined || (b !== undefined && compare(b, a) > 0) ? b : a;
}
