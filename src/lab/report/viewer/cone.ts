import type { ReportModel } from "../model.ts";
import { firstAfter } from "../state-at.ts";
import { placeOfRecord } from "./message-index.ts";

/** Messages looked at for effects; those further on are another story. */
const SCAN_MAX = 60_000;
const BACK_MAX = 200;

/** What a record came from and what came of it, as far as records name their causes. */
export interface Cone {
  /** Every record in it, the chosen one too. */
  readonly records: ReadonlySet<number>;
  /** Rows of its messages, in order of sending. */
  readonly rows: readonly number[];
  readonly causes: number;
  readonly effects: number;
}

/**
 * Walks from a record back along causes, and forward through the messages sent while handling what it led to.
 *
 * @param to  Effects later than this are left out.
 */
export function coneOf(model: ReportModel, record: number, to: number): Cone {
  const { messages } = model;
  const records = new Set<number>();
  const rows = new Set<number>();
  const take = (id: number): void => {
    records.add(id);
    // Copies of one message share its sending.
    for (let row = placeOfRecord(messages.record, id); row >= 0 && messages.record[row] === id; row++) rows.add(row);
  };
  let id = record;
  for (let hops = 0; id >= 0 && hops < BACK_MAX; hops++) {
    take(id);
    id = causeOf(model, id);
  }
  const causes = records.size - 1;
  const led = new Set([record]);
  const first = firstAfter(messages.record, record);
  const end = Math.min(messages.record.length, first + SCAN_MAX);
  for (let row = first; row < end && (messages.sent[row] as number) <= to; row++) {
    if (!led.has(messages.cause[row] as number)) continue;
    led.add(messages.record[row] as number);
    take(messages.record[row] as number);
  }
  for (const lane of model.nodes)
    for (const { bands } of lane.states)
      for (const band of bands) if (band.from <= to && led.has(band.cause)) records.add(band.record);
  const { points } = model;
  for (
    let place = firstAfter(points.record, record);
    place < points.at.length && (points.at[place] as number) <= to;
    place++
  )
    if (led.has(points.cause[place] as number)) records.add(points.record[place] as number);
  for (const { operations } of model.clients) {
    const { call, record: calls, cause } = operations;
    for (let place = 0; place < call.length && (call[place] as number) <= to; place++)
      if (led.has(cause[place] as number)) records.add(calls[place] as number);
  }
  return { records, rows: [...rows].sort((a, b) => a - b), causes, effects: records.size - causes - 1 };
}

/** The record that a message, a state or an operation came from; −1 for none. */
function causeOf(model: ReportModel, record: number): number {
  const row = placeOfRecord(model.messages.record, record);
  if (row >= 0) return model.messages.cause[row] as number;
  const point = placeOfRecord(model.points.record, record);
  if (point >= 0) return model.points.cause[point] as number;
  for (const lane of model.nodes)
    for (const { bands } of lane.states) for (const band of bands) if (band.record === record) return band.cause;
  return -1;
}

/** When and where a record is, for a link to it; `undefined` for one that the page does not show. */
export function timeOfRecord(model: ReportModel, record: number): number | undefined {
  const row = placeOfRecord(model.messages.record, record);
  if (row >= 0) return model.messages.sent[row];
  const point = placeOfRecord(model.points.record, record);
  if (point >= 0) return model.points.at[point];
  for (const lane of model.nodes)
    for (const { bands } of lane.states) for (const band of bands) if (band.record === record) return band.from;
  for (const { operations } of model.clients) {
    const place = placeOfRecord(operations.record, record);
    if (place >= 0) return operations.call[place];
  }
  return undefined;
}
