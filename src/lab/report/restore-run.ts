import { Arrivals } from "./arrivals.ts";
import type { Column } from "./columns.ts";
import type { ClientLane, Messages, Points, ReportModel, Stamps } from "./model.ts";
import {
  acknowledgedEnds,
  bandEnds,
  guessKey,
  nextSending,
  wholeMs,
  type SqueezedStamps,
  type SqueezedMoments,
  type SqueezedRun,
} from "./squeezed.ts";

/** Puts back what {@link squeezeRun} left out. */
export function restoreRun(run: SqueezedRun): ReportModel {
  const { fate, flags, record, links } = run.messages;
  const count = record.length;
  const took = new Float64Array(count);
  const slots: number[] = [];
  let link = 0;
  let slot = 0;
  const to = new Int32Array(count);
  const type = new Int32Array(count);
  const ends = new Float64Array(count);
  const arrivals = new Arrivals(ends);
  const source = { ends, arrivals, lates: new Float64Array(count), to, record };
  const moments = new MomentReader(run.messages.moments, count, source);
  const { at: sent, place: from, cause } = moments;
  const guesses: number[] = [];
  for (let row = 0; row < count; row++) {
    const came = moments.read(row, record);
    const lane = run.messages.to[row] as number;
    const isBack = lane === 0;
    to[row] = isBack ? (from[came] as number) : lane - 1;
    const key = guessKey(came < 0 ? -1 : (type[came] as number), isBack, from[row] as number);
    const told = run.messages.type[row] as number;
    type[row] = told === 0 ? (guesses[key] as number) : told - 1;
    guesses[key] = type[row] as number;
    const way = (from[row] as number) * run.names.length + (to[row] as number);
    if (slots[way] === undefined) {
      slots[way] = slot;
      slot += links[link++] as number;
    }
    took[row] = run.messages.took[slots[way]++] as number;
    ends[row] = (sent[row] as number) + (took[row] as number);
    if (fate[row] === -1) arrivals.add(row);
  }
  const messages: Messages = { sent, took, from, to, type, fate, flags, record, cause };
  const { words, texts, left, record: records } = run.points;
  const points = new MomentReader(run.points.moments, words.length, source);
  for (let row = 0; row < words.length; row++) points.read(row, records);
  const { at, place: node, cause: causes } = points;
  const { stamps } = run;
  const clients = run.clients.map((client): ClientLane => {
    const { outcome, words, record: calls, call, ends } = client.operations;
    const moments = new MomentReader(ends, outcome.length, source);
    for (let row = 0; row < outcome.length; row++) moments.read(row, calls);
    const begun = Float64Array.from(call, (at, row) => at + nextSending(messages, calls[row] as number));
    const operations = { call: begun, end: moments.at, outcome, words, record: calls, cause: moments.cause };
    return { ...client, operations };
  });
  const { isIn, at: acknowledged = acknowledgedEnds(clients).filter((_, place) => isIn?.[place] === 1) } =
    run.acknowledged;
  return {
    ...run,
    nodes: bandEnds(run.nodes, run.endTime),
    messages,
    points: { at, node, words, record: records, cause: causes, texts, left },
    stamps: "points" in stamps ? restoreStamps(stamps, { at, node, record: records }) : stamps,
    clients,
    acknowledged,
  };
}

function restoreStamps(
  { points, ms, counter, odd, epochMs }: SqueezedStamps,
  { at, node, record }: Pick<Points, "at" | "node" | "record">,
): Stamps {
  const of = (column: Column): Float64Array => Float64Array.from(points, (place) => column[place] as number);
  const times = of(at);
  const whole = Float64Array.from(ms, (one, row) => one + wholeMs(times[row] as number));
  return { at: times, node: of(node), ms: whole, counter, record: of(record), odd, epochMs };
}

/** Messages as far as they are restored. */
interface Source {
  readonly ends: Column;
  readonly arrivals: Arrivals;
  readonly lates: Float64Array;
  readonly to: Column;
  readonly record: Column;
}

/** Reads moments by the arrivals they came from. */
class MomentReader {
  readonly at: Float64Array;
  readonly place: Int32Array;
  readonly cause: Int32Array;
  readonly #moments: SqueezedMoments;
  readonly #source: Source;
  #last = 0;
  #late = 0;
  #wait = 0;
  #step = 0;

  constructor(moments: SqueezedMoments, count: number, source: Source) {
    this.#moments = moments;
    this.#source = source;
    this.at = new Float64Array(count);
    this.place = new Int32Array(count);
    this.cause = new Int32Array(count);
  }

  /** @returns Row of the message whose arrival it came from; −1 when it came from none. */
  read(row: number, records: Column): number {
    const { arrival, late, wait, step, place, back } = this.#moments;
    const { ends, arrivals, lates, to, record } = this.#source;
    const told = arrival[row] as number;
    if (told === 0) {
      const next = this.#step++;
      this.at[row] = (row === 0 ? 0 : (this.at[row - 1] as number)) + (step[next] as number);
      this.place[row] = place[next] as number;
      this.cause[row] = back[next] === 0 ? -1 : (records[row] as number) - (back[next] as number);
      return -1;
    }
    this.#last += told % 2 === 0 ? -told / 2 : (told - 1) / 2;
    const came = arrivals.rowAt(this.#last);
    const code = late[this.#late++] as number;
    if (code === 2) lates[came] = wait[this.#wait++] as number;
    this.at[row] = (ends[came] as number) + (code === 0 ? 0 : (lates[came] as number));
    this.place[row] = to[came] as number;
    this.cause[row] = record[came] as number;
    return came;
  }
}
