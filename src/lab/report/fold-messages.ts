import type { Micros, RecordId } from "../../trace/record.ts";
import type { Trace } from "../../trace/trace.ts";
import type { DropCause, LeftOut, Messages, MessageType } from "./model.ts";
import { originOf } from "./origin.ts";
import { dropWords, messageTone, messageWords } from "./words.ts";

/** Fate of a message that was still on its way when the run ended. */
const IN_FLIGHT = -2;
const DELIVERED = -1;
/** How many records back a state change looks for the messages it came from. */
const DEPTH_MAX = 12;
/** A page with more than this many would be over its 50 MB. */
const ROWS_MAX = 5_000_000;

export interface MessageFold {
  readonly messages: Messages;
  readonly messageTypes: readonly MessageType[];
  readonly dropCauses: readonly DropCause[];
  /** When messages were dropped, in order of time. */
  readonly droppedAt: readonly Micros[];
  readonly left: Omit<LeftOut, "stamps">;
}

export interface MessageFoldOptions {
  /** Lanes by name; messages of nodes without a lane are left out. */
  readonly names: ReadonlyMap<string, number>;
  /** How many of them are nodes; messages from or to the others are those of clients. */
  readonly nodeCount: number;
  readonly endTime: Micros;
  /** State changes whose messages are decisive. */
  readonly mainRecords: readonly RecordId[];
  /** Around these the messages are kept when there is no room for all. */
  readonly moments: readonly Micros[];
  readonly rowsMax?: number;
}

/** Copies of messages as they ended, grouped by their sending. */
interface Copies {
  readonly count: number;
  readonly sent: Int32Array;
  readonly at: Float64Array;
  readonly fate: Int32Array;
  /** 1 for a second copy. */
  readonly again: Uint8Array;
}

/** Turns message records into one row a copy, ordered by sending. */
export function foldMessages(trace: Trace, options: MessageFoldOptions): MessageFold {
  const causes = new CauseTable();
  const droppedAt: Micros[] = [];
  const copies = copiesOf(trace, options.endTime, causes, droppedAt);
  const { messages, messageTypes, left } = columns(trace, copies, options);
  return { messages, messageTypes, dropCauses: causes.list(), droppedAt, left };
}

/** Pairs every sending with its ends: in order of sending, then of ending. */
function copiesOf(trace: Trace, endTime: Micros, causes: CauseTable, droppedAt: Micros[]): Copies {
  const pending = new Int32Array(trace.count);
  const place = new Int32Array(trace.count + 1);
  for (let id = 0; id < trace.count; id++) {
    const kind = kindOf(trace, id);
    if (kind > 3) continue;
    const sent = kind === 0 ? id : trace.cell(id, 7);
    if (kind === 0 || kind === 3) add(pending, sent, 1);
    else {
      add(pending, sent, -1);
      add(place, sent + 1, 1);
    }
  }
  for (let id = 0; id < trace.count; id++)
    place[id + 1] = (place[id + 1] as number) + (place[id] as number) + Math.max(0, pending[id] as number);
  const count = place[trace.count] as number;
  const copies = {
    count,
    sent: new Int32Array(count),
    at: new Float64Array(count),
    fate: new Int32Array(count),
    again: new Uint8Array(count),
  };
  const next = place.slice(0, trace.count);
  const write = (sent: RecordId, at: Micros, fate: number): void => {
    const row = next[sent] as number;
    next[sent] = row + 1;
    copies.sent[row] = sent;
    copies.at[row] = at;
    copies.fate[row] = fate;
    if (row > (place[sent] as number)) copies.again[row] = 1;
  };
  for (let id = 0; id < trace.count; id++) {
    const kind = kindOf(trace, id);
    if (kind !== 1 && kind !== 2) continue;
    const at = trace.time(id);
    if (kind === 2) droppedAt.push(at);
    const fate = kind === 1 ? DELIVERED : causes.index(text(trace, id, 8), text(trace, id, 9));
    write(trace.cell(id, 7), at, fate);
  }
  for (let sent = 0; sent < trace.count; sent++)
    for (let open = pending[sent] as number; open > 0; open--) write(sent, endTime, IN_FLIGHT);
  return copies;
}

function add(counts: Int32Array, index: number, by: number): void {
  counts[index] = (counts[index] as number) + by;
}

function kindOf(trace: Trace, id: RecordId): number {
  return trace.cell(id, 2) & 255;
}

function columns(
  trace: Trace,
  copies: Copies,
  options: MessageFoldOptions,
): Pick<MessageFold, "messages" | "messageTypes" | "left"> {
  const { names, nodeCount } = options;
  const decisive = decisiveSends(trace, options.mainRecords);
  const lanes = Int32Array.from(trace.strings, (name) => names.get(name) ?? -1);
  const rows = keptRows(trace, copies, { ...options, lanes, decisive });
  const size = rows.length;
  const out = {
    sent: new Float64Array(size),
    took: new Float64Array(size),
    from: new Int32Array(size),
    to: new Int32Array(size),
    type: new Int32Array(size),
    fate: new Int32Array(size),
    flags: new Int32Array(size),
    record: new Int32Array(size),
    cause: new Int32Array(size),
  };
  const types = new TypeTable();
  for (let index = 0; index < size; index++) {
    const row = rows[index] as number;
    const sent = copies.sent[row] as number;
    const from = lanes[trace.cell(sent, 3)] as number;
    const to = lanes[trace.cell(sent, 5)] as number;
    out.sent[index] = trace.time(sent);
    out.took[index] = (copies.at[row] as number) - trace.time(sent);
    out.from[index] = from;
    out.to[index] = to;
    out.type[index] = types.index(trace.cell(sent, 6), from >= nodeCount || to >= nodeCount);
    out.fate[index] = copies.fate[row] as number;
    out.flags[index] = (decisive.has(sent) ? 1 : 0) | (copies.again[row] === 1 ? 2 : 0);
    out.record[index] = sent;
    out.cause[index] = originOf(trace, sent);
  }
  const messageTypes = types.rows.map(({ name, isClient, count }): MessageType => {
    const type = trace.strings[name] ?? "";
    return { name: type, ...messageWords(type), tone: isClient ? "client" : messageTone(type), count };
  });
  const shown = lanesShown(trace, copies, lanes);
  return { messages: out, messageTypes, left: { messages: shown - size, radius: rows.radius } };
}

function lanesShown(trace: Trace, { count, sent }: Copies, lanes: Int32Array): number {
  let shown = 0;
  for (let row = 0; row < count; row++) if (hasLanes(trace, sent[row] as number, lanes)) shown++;
  return shown;
}

function hasLanes(trace: Trace, sent: RecordId, lanes: Int32Array): boolean {
  return (lanes[trace.cell(sent, 3)] as number) >= 0 && (lanes[trace.cell(sent, 5)] as number) >= 0;
}

/** Rows with a lane at both ends: all, or those a state depends on and those in the widest time around the moments that has room. */
function keptRows(
  trace: Trace,
  copies: Copies,
  options: MessageFoldOptions & { readonly lanes: Int32Array; readonly decisive: ReadonlySet<RecordId> },
): number[] & { radius: Micros } {
  const { moments, endTime, lanes, decisive, rowsMax = ROWS_MAX } = options;
  for (let radius = Math.max(1, endTime); ; radius = Math.floor(radius / 2)) {
    const isAll = radius >= endTime;
    const rows: number[] = [];
    for (let row = 0; row < copies.count && rows.length <= rowsMax; row++) {
      const sent = copies.sent[row] as number;
      if (!hasLanes(trace, sent, lanes)) continue;
      const time = trace.time(sent);
      if (isAll || decisive.has(sent) || moments.some((moment) => Math.abs(moment - time) <= radius)) rows.push(row);
    }
    // At a radius of nothing only decisive ones are left, and those are few.
    if (rows.length <= rowsMax || radius === 0) return Object.assign(rows, { radius: isAll ? -1 : radius });
  }
}

/** Types of messages, each once for nodes and once for clients. */
class TypeTable {
  readonly rows: { readonly name: number; readonly isClient: boolean; count: number }[] = [];
  readonly #places = new Map<number, number>();

  index(name: number, isClient: boolean): number {
    const key = name * 2 + (isClient ? 1 : 0);
    let place = this.#places.get(key);
    if (place === undefined) {
      place = this.rows.push({ name, isClient, count: 0 }) - 1;
      this.#places.set(key, place);
    }
    (this.rows[place] as { count: number }).count++;
    return place;
  }
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
