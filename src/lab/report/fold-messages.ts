import type { Micros, RecordId } from "../../trace/record.ts";
import type { Trace } from "../../trace/trace.ts";
import type { DropCause, Messages, MessageType } from "./model.ts";
import { dropWords, messageTone, messageWords } from "./words.ts";

/** Fate of a message that was still on its way when the run ended. */
const IN_FLIGHT = -2;
const DELIVERED = -1;
/** How many records back a state change looks for the messages it came from. */
const DEPTH_MAX = 12;

export interface MessageFold {
  readonly messages: Messages;
  readonly messageTypes: readonly MessageType[];
  readonly dropCauses: readonly DropCause[];
  /** When messages were dropped, in order of time. */
  readonly droppedAt: readonly Micros[];
}

interface Row {
  readonly sent: RecordId;
  readonly at: Micros;
  readonly fate: number;
  readonly flags: number;
}

/**
 * Turns message records into one row a copy, ordered by sending.
 *
 * @param names        Lanes by name; messages of nodes without a lane are left out.
 * @param nodeCount    How many of them are nodes; messages from or to the others are those of clients.
 * @param mainRecords  State changes whose messages are decisive.
 */
export function foldMessages(
  trace: Trace,
  options: { names: ReadonlyMap<string, number>; nodeCount: number; endTime: Micros; mainRecords: readonly RecordId[] },
): MessageFold {
  const { names, nodeCount, endTime } = options;
  const decisive = decisiveSends(trace, options.mainRecords);
  const causes = new CauseTable();
  const pending = new Map<RecordId, number>();
  const ended = new Map<RecordId, number>();
  const rows: Row[] = [];
  const droppedAt: Micros[] = [];
  for (let id = 0; id < trace.count; id++) {
    const kind = trace.cell(id, 2) & 255;
    if (kind === 0) pending.set(id, 1);
    else if (kind === 1 || kind === 2) {
      const sent = trace.cell(id, 7);
      const left = (pending.get(sent) ?? 1) - 1;
      if (left === 0) pending.delete(sent);
      else pending.set(sent, left);
      const before = ended.get(sent) ?? 0;
      ended.set(sent, before + 1);
      const at = trace.time(id);
      if (kind === 2) droppedAt.push(at);
      const fate = kind === 1 ? DELIVERED : causes.index(text(trace, id, 8), text(trace, id, 9));
      rows.push({ sent, at, fate, flags: (decisive.has(sent) ? 1 : 0) | (before > 0 ? 2 : 0) });
    } else if (kind === 3) {
      const sent = trace.cell(id, 7);
      pending.set(sent, (pending.get(sent) ?? 0) + 1);
    }
  }
  for (const sent of pending.keys())
    rows.push({ sent, at: endTime, fate: IN_FLIGHT, flags: decisive.has(sent) ? 1 : 0 });
  rows.sort((a, b) => a.sent - b.sent || a.at - b.at || a.fate - b.fate);
  const { messages, messageTypes } = columns(trace, rows, names, nodeCount);
  return { messages, messageTypes, dropCauses: causes.list(), droppedAt };
}

function columns(
  trace: Trace,
  rows: readonly Row[],
  names: ReadonlyMap<string, number>,
  nodeCount: number,
): Pick<MessageFold, "messages" | "messageTypes"> {
  const out = {
    sent: [] as number[],
    took: [] as number[],
    from: [] as number[],
    to: [] as number[],
    type: [] as number[],
    fate: [] as number[],
    flags: [] as number[],
    record: [] as number[],
  };
  const places = new Map<string, number>();
  const types: { name: string; isClient: boolean; count: number }[] = [];
  for (const row of rows) {
    const from = names.get(text(trace, row.sent, 3));
    const to = names.get(text(trace, row.sent, 5));
    if (from === undefined || to === undefined) continue;
    const name = text(trace, row.sent, 6);
    const isClient = from >= nodeCount || to >= nodeCount;
    const place = `${isClient ? "c" : "n"}${name}`;
    let type = places.get(place);
    if (type === undefined) {
      type = types.push({ name, isClient, count: 0 }) - 1;
      places.set(place, type);
    }
    (types[type] as { count: number }).count++;
    const sent = trace.time(row.sent);
    out.sent.push(sent);
    out.took.push(row.at - sent);
    out.from.push(from);
    out.to.push(to);
    out.type.push(type);
    out.fate.push(row.fate);
    out.flags.push(row.flags);
    out.record.push(row.sent);
  }
  const messageTypes = types.map(({ name, isClient, count }) => ({
    name,
    ...messageWords(name),
    tone: isClient ? ("client" as const) : messageTone(name),
    count,
  }));
  return { messages: out, messageTypes };
}

/** Sends on a path of causes to one of the given records: what a state change came from, back to the timer that began it. */
function decisiveSends(trace: Trace, records: readonly RecordId[]): ReadonlySet<RecordId> {
  const sends = new Set<RecordId>();
  for (const record of records) {
    let id = trace.cell(record, 4);
    for (let depth = 0; depth < DEPTH_MAX && id >= 0; depth++) {
      const kind = trace.cell(id, 2) & 255;
      if (kind === 9) break;
      if (kind === 1) {
        id = trace.cell(id, 7);
        if (sends.has(id)) break;
        sends.add(id);
      }
      id = trace.cell(id, 4);
    }
  }
  return sends;
}

class CauseTable {
  readonly #places = new Map<string, number>();
  readonly #rows: { reason: string; fault: string; count: number }[] = [];

  index(reason: string, fault: string): number {
    const name = `${reason} ${fault}`;
    let place = this.#places.get(name);
    if (place === undefined) {
      place = this.#rows.push({ reason, fault, count: 0 }) - 1;
      this.#places.set(name, place);
    }
    (this.#rows[place] as { count: number }).count++;
    return place;
  }

  list(): DropCause[] {
    const isOnlyCut = this.#rows.filter((row) => row.reason === "partition").length < 2;
    return this.#rows.map((row) => ({ ...row, words: dropWords(row.reason, row.fault, isOnlyCut) }));
  }
}

function text(trace: Trace, id: RecordId, column: number): string {
  return trace.strings[trace.cell(id, column)] ?? "";
}
