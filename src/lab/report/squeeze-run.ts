import { Arrivals } from "./arrivals.ts";
import type { Column } from "./columns.ts";
import type { ClientLane, Messages, ReportModel } from "./model.ts";
import {
  acknowledgedEnds,
  bandEnds,
  guessKey,
  nextSending,
  wholeMs,
  type SqueezedClient,
  type SqueezedMessages,
  type SqueezedMoments,
  type SqueezedRun,
} from "./squeezed.ts";
import { firstAfter } from "./state-at.ts";

const DELIVERED = -1;

/** What is told of a row: when, where, which record and what it came from. */
interface MomentColumns {
  readonly at: Column;
  readonly place: Column;
  readonly record: Column;
  readonly cause: Column;
}

/** Leaves out of a run's largest columns what others of them tell; {@link restoreRun} puts it back, to the last bit. */
export function squeezeRun(model: ReportModel): SqueezedRun {
  const { messages, points } = model;
  const writer = new MomentWriter(messages);
  const squeezed = squeezeMessages(messages, writer);
  const { at, node: place, record, cause, words, texts, left } = points;
  const moments = writer.begin();
  for (let row = 0; row < at.length; row++) writer.write(moments, { at, place, record, cause }, row);
  return {
    ...model,
    nodes: bandEnds(model.nodes, model.endTime),
    messages: squeezed,
    points: { words, record, texts, left, moments },
    stamps: squeezeStamps(model),
    clients: model.clients.map((client, lane) =>
      squeezeClient(client, model.nodes.length + lane, { messages, writer }),
    ),
    acknowledged: squeezeAcknowledged(model),
  };
}

function squeezeClient(
  client: ClientLane,
  lane: number,
  { messages, writer }: { readonly messages: Messages; readonly writer: MomentWriter },
): SqueezedClient {
  const { call, end, outcome, words, record, cause } = client.operations;
  const ends = writer.begin();
  const columns = { at: end, place: Array.from(end, () => lane), record, cause };
  for (let place = 0; place < end.length; place++) writer.write(ends, columns, place);
  const calls = Array.from(call, (at, place) => at - nextSending(messages, record[place] as number));
  return { ...client, operations: { outcome, words, record, call: calls, ends } };
}

function squeezeStamps({ stamps, points }: ReportModel): SqueezedRun["stamps"] {
  const { at, node, ms, counter, record, odd, epochMs } = stamps;
  const places = Array.from(record, (id) => firstAfter(points.record, id) - 1);
  const isTold = places.every(
    (place, row) =>
      points.record[place] === record[row] && points.at[place] === at[row] && points.node[place] === node[row],
  );
  if (!isTold) return stamps;
  return { points: places, ms: Array.from(ms, (one, row) => one - wholeMs(at[row] as number)), counter, odd, epochMs };
}

function squeezeAcknowledged({ clients, acknowledged }: ReportModel): SqueezedRun["acknowledged"] {
  let next = 0;
  const isIn = acknowledgedEnds(clients).map((end) => (end === acknowledged[next] ? (next++, 1) : 0));
  return next === acknowledged.length ? { isIn } : { at: acknowledged };
}

function squeezeMessages(messages: Messages, writer: MomentWriter): SqueezedMessages {
  const { sent, took, from, to, type, fate, flags, record, cause } = messages;
  const moments = writer.begin();
  const columns = { at: sent, place: from, record, cause };
  const lanes: number[] = [];
  const types: number[] = [];
  const guesses: number[] = [];
  const byLink = new Map<string, number[]>();
  for (let row = 0; row < sent.length; row++) {
    const came = writer.write(moments, columns, row);
    const isBack = came >= 0 && from[came] === to[row];
    lanes.push(isBack ? 0 : (to[row] as number) + 1);
    const key = guessKey(came < 0 ? -1 : (type[came] as number), isBack, from[row] as number);
    types.push(guesses[key] === type[row] ? 0 : (type[row] as number) + 1);
    guesses[key] = type[row] as number;
    const link = `${String(from[row])} ${String(to[row])}`;
    const tooks = byLink.get(link);
    if (tooks === undefined) byLink.set(link, [took[row] as number]);
    else tooks.push(took[row] as number);
    if (fate[row] === DELIVERED) writer.arrive(row);
  }
  const links = [...byLink.values()];
  return {
    moments,
    took: links.flat(),
    links: links.map((link) => link.length),
    to: lanes,
    type: types,
    fate,
    flags,
    record,
  };
}

type Writing = { readonly [Name in keyof SqueezedMoments]: number[] };

/** Finds for each moment the arrival it came from, among those of messages sent before it. */
class MomentWriter {
  readonly #messages: Messages;
  readonly #ends: Float64Array;
  readonly #arrivals: Arrivals;
  readonly #hasArrived: Uint8Array;
  /** Place of each row in the order of arrivals; −1 while it is not known. */
  readonly #places: Int32Array;
  /** For each arrival, how long after it the last thing came of it that did not come at once. */
  readonly #lates: Float64Array;
  #known = 0;
  #last = 0;

  constructor(messages: Messages) {
    const { sent, took } = messages;
    this.#messages = messages;
    this.#ends = Float64Array.from(sent, (at, row) => at + (took[row] as number));
    this.#arrivals = new Arrivals(this.#ends);
    this.#hasArrived = new Uint8Array(sent.length);
    this.#places = new Int32Array(sent.length).fill(-1);
    this.#lates = new Float64Array(sent.length);
  }

  begin(): Writing {
    this.#last = 0;
    return { arrival: [], late: [], wait: [], step: [], place: [], back: [] };
  }

  arrive(row: number): void {
    this.#hasArrived[row] = 1;
    this.#arrivals.add(row);
  }

  /** @returns Row of the message whose arrival it came from; −1 when it came from none. */
  write(into: Writing, { at, place, record, cause }: MomentColumns, row: number): number {
    const [time, where, from] = [at[row] as number, place[row] as number, cause[row] as number];
    const came = this.#cameFrom(from, where, time);
    if (came < 0) {
      into.arrival.push(0);
      into.step.push(time - (row === 0 ? 0 : (at[row - 1] as number)));
      into.place.push(where);
      into.back.push(from < 0 ? 0 : (record[row] as number) - from);
      return -1;
    }
    const order = this.#placeOf(came);
    const by = order - this.#last;
    this.#last = order;
    into.arrival.push(by < 0 ? -2 * by : 2 * by + 1);
    const late = time - (this.#ends[came] as number);
    const isNew = late !== 0 && late !== this.#lates[came];
    into.late.push(isNew ? 2 : late === 0 ? 0 : 1);
    if (isNew) into.wait.push((this.#lates[came] = late));
    return came;
  }

  #placeOf(row: number): number {
    while ((this.#places[row] as number) < 0) {
      this.#places[this.#arrivals.rowAt(this.#known)] = this.#known;
      this.#known++;
    }
    return this.#places[row] as number;
  }

  /** The last copy of a message that had arrived at a node by then. */
  #cameFrom(record: number, node: number, time: number): number {
    const { record: records, to } = this.#messages;
    let found = -1;
    if (record < 0) return found;
    for (let row = firstAfter(records, record - 1); row < records.length && records[row] === record; row++) {
      const end = this.#ends[row] as number;
      if (this.#hasArrived[row] !== 1 || to[row] !== node || end > time) continue;
      if (found < 0 || end >= (this.#ends[found] as number)) found = row;
    }
    return found;
  }
}
