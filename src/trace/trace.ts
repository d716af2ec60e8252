import { Digest, hashText } from "./digest.ts";
import type { Fields, Message, Plain } from "./plain.ts";
import { RECORD_KINDS, type DropReason, type Micros, type RecordId, type RecordKind, type TraceRecord } from "./record.ts";

/** Integers a record takes: time low, time high, kind and origin, node, cause, a, b, c, d, e, body. */
export const RECORD_WIDTH = 11;
const CHUNK_RECORDS = 4096;
const TWO_32 = 4294967296;

/** What a stored body may be: a message, fields, or an operation's value. */
export type Body = Plain;

/**
 * The kept records of one run, in columns. `b` is always the record's own name (message type, state key, point name, operation,
 * outcome, fault id, timer name); what the others hold depends on the kind and is known to {@link Trace.record} alone.
 */
export class Trace {
  readonly chunks: Int32Array[] = [];
  readonly strings: string[] = [""];
  readonly bodies: Body[] = [];
  count = 0;

  /** Reads the integer in `column` (0…10) of a record. */
  cell(id: RecordId, column: number): number {
    const chunk = this.chunks[Math.floor(id / CHUNK_RECORDS)] as Int32Array;
    return chunk[(id % CHUNK_RECORDS) * RECORD_WIDTH + column] as number;
  }

  /** Time of a record, without building it. */
  time(id: RecordId): Micros {
    return this.cell(id, 1) * TWO_32 + (this.cell(id, 0) >>> 0);
  }

  body(id: RecordId): Body | undefined {
    const body = this.cell(id, 10);
    return body < 0 ? undefined : this.bodies[body];
  }

  /** Builds the record with this id, 0…count−1. */
  record(id: RecordId): TraceRecord {
    const kind = RECORD_KINDS[this.cell(id, 2) & 255] as RecordKind;
    const carriesMessage = kind === "delivered" || kind === "dropped" || kind === "duplicated";
    return viewOf({
      id,
      time: this.time(id),
      kind,
      world: this.cell(id, 2) >> 8 === 1,
      node: this.#string(id, 3),
      cause: this.cell(id, 4),
      a: this.#string(id, 5),
      b: this.#string(id, 6),
      c: this.cell(id, 7),
      d: this.#string(id, 8),
      e: this.#string(id, 9),
      body: this.body(carriesMessage ? this.cell(id, 7) : id),
    });
  }

  *[Symbol.iterator](): IterableIterator<TraceRecord> {
    for (let id = 0; id < this.count; id++) yield this.record(id);
  }

  #string(id: RecordId, column: number): string {
    return this.strings[this.cell(id, column)] as string;
  }

  /** Room for one more record. @returns its chunk; the record's integers go at `(count − 1) mod 4096 · 11`. */
  grow(): Int32Array {
    const chunk = Math.floor(this.count++ / CHUNK_RECORDS);
    return (this.chunks[chunk] ??= new Int32Array(CHUNK_RECORDS * RECORD_WIDTH));
  }
}

interface Cells {
  readonly id: RecordId;
  readonly time: Micros;
  readonly kind: RecordKind;
  readonly world: boolean;
  readonly node: string;
  readonly cause: RecordId;
  readonly a: string;
  readonly b: string;
  readonly c: number;
  readonly d: string;
  readonly e: string;
  readonly body: Body | undefined;
}

const NO_FIELDS: Fields = Object.freeze({});

// Every literal is written out: spreading a common base takes ten times as long, and this runs for most records of a judged run.
function viewOf(cells: Cells): TraceRecord {
  const { id, time, kind, node, cause, a, b, c, d, e, body } = cells;
  switch (kind) {
    case "sent":
      return { kind, id, time, node, cause, to: a, type: b, message: body as Message };
    case "delivered":
      return { kind, id, time, node, cause, from: a, type: b, sent: c, message: body as Message };
    case "dropped":
      return { kind, id, time, node, cause, from: a, type: b, sent: c, reason: d as DropReason, fault: e, message: body as Message };
    case "duplicated":
      return { kind, id, time, node, cause, from: a, type: b, sent: c, fault: e, message: body as Message };
    case "state":
      return { kind, id, time, node, cause, origin: originOf(cells), key: b, value: a, fields: fieldsOf(body) };
    case "point":
      return { kind, id, time, node, cause, origin: originOf(cells), name: b, fields: fieldsOf(body) };
    case "invoke":
      return { kind, id, time, node, cause, name: b, key: a, value: body ?? null };
    case "complete":
      return { kind, id, time, node, cause, invoke: c, outcome: b as "ok" | "fail" | "info", value: body ?? null };
    case "fault":
      return { kind, id, time, node, cause, phase: a as "start" | "stop" | "touch", fault: b, fields: fieldsOf(body) };
    case "timer":
      return { kind, id, time, node, cause, name: b };
  }
}

function originOf(cells: Cells): "world" | "program" {
  return cells.world ? "world" : "program";
}

function fieldsOf(body: Body | undefined): Fields {
  return (body as Fields | undefined) ?? NO_FIELDS;
}

/** Sees chosen records the moment they are written. */
export interface TraceListener {
  /** `kind`, `kind:name` or `kind:prefix*`; the name is the message type, state key, point name, operation, outcome, fault or timer. */
  readonly triggers: readonly string[];
  on(record: TraceRecord): void;
}

/**
 * Writes the records of a run: folds each into the digest, shows it to the listeners that asked for it, and keeps it if told so.
 *
 * The owner sets `time` and `cause` before it lets anything happen.
 */
export class TraceWriter {
  /** Virtual time of what is written next. */
  time: Micros = 0;
  /** The record whose handling writes next; −1 for none. */
  cause: RecordId = -1;
  /** Records written so far, by kind number. */
  readonly counts = new Float64Array(RECORD_KINDS.length);
  readonly #digest = new Digest();
  readonly #trace: Trace | undefined;
  #listeners: readonly TraceListener[];
  #count = 0;
  readonly #ids = new Map<string, number>([["", 0]]);
  readonly #strings: string[] = [""];
  #hashA: Int32Array = Int32Array.of(hashText("")[0]);
  #hashB: Int32Array = Int32Array.of(hashText("")[1]);
  #lastName = "";
  #lastNameId = 0;
  readonly #routes: (readonly TraceListener[] | undefined)[][] = RECORD_KINDS.map(() => []);

  constructor(options: { keep: boolean; listeners?: readonly TraceListener[] }) {
    this.#trace = options.keep ? new Trace() : undefined;
    this.#listeners = options.listeners ?? [];
  }

  /** Adds a listener for everything written from now on. */
  listen(listener: TraceListener): void {
    this.#listeners = [...this.#listeners, listener];
    for (const routes of this.#routes) routes.length = 0;
  }

  get count(): number {
    return this.#count;
  }
  /** The kept records; `undefined` when nothing is kept. */
  get trace(): Trace | undefined {
    return this.#trace;
  }
  /** Digest of everything written so far, 16 hex digits. */
  digest(): string {
    return this.#digest.value();
  }

  sent(node: string, to: string, message: Message): RecordId {
    return this.#write(0, 0, node, to, message.type, 0, "", "", message, message);
  }
  delivered(node: string, from: string, sent: RecordId, message: Message): RecordId {
    return this.#write(1, 0, node, from, message.type, sent, "", "", undefined, message);
  }
  dropped(node: string, from: string, sent: RecordId, message: Message, reason: DropReason, fault: string): RecordId {
    return this.#write(2, 0, node, from, message.type, sent, reason, fault, undefined, message);
  }
  duplicated(node: string, from: string, sent: RecordId, message: Message, fault: string): RecordId {
    return this.#write(3, 0, node, from, message.type, sent, "", fault, undefined, message);
  }
  /** @param origin 1 for the world, 0 for a program. */
  state(origin: 0 | 1, node: string, key: string, value: string, fields?: Fields): RecordId {
    return this.#write(4, origin, node, value, key, 0, "", "", fields, fields);
  }
  point(origin: 0 | 1, node: string, name: string, fields?: Fields): RecordId {
    return this.#write(5, origin, node, "", name, 0, "", "", fields, fields);
  }
  invoke(node: string, name: string, key: string, value?: Plain): RecordId {
    return this.#write(6, 0, node, key, name, 0, "", "", value, value);
  }
  complete(node: string, invoke: RecordId, outcome: string, value?: Plain): RecordId {
    return this.#write(7, 0, node, "", outcome, invoke, "", "", value, value);
  }
  fault(phase: "start" | "stop" | "touch", fault: string, fields?: Fields): RecordId {
    return this.#write(8, 1, "", phase, fault, 0, "", "", fields, fields);
  }
  timer(node: string, name: string): RecordId {
    return this.#write(9, 0, node, "", name, 0, "", "", undefined, undefined);
  }

  #intern(text: string): number {
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    const id = this.#strings.length;
    const [a, b] = hashText(text);
    this.#ids.set(text, id);
    this.#strings.push(text);
    if (id === this.#hashA.length) {
      this.#hashA = doubled(this.#hashA);
      this.#hashB = doubled(this.#hashB);
    }
    this.#hashA[id] = a;
    this.#hashB[id] = b;
    this.#trace?.strings.push(text);
    return id;
  }

  // One path for every kind: each column is folded for each record, so no field of any record can be left out of the digest.
  #write(
    kind: number,
    world: 0 | 1,
    node: string,
    a: string,
    b: string,
    c: number,
    d: string,
    e: string,
    body: Body | undefined,
    shown: Body | undefined,
  ): RecordId {
    const id = this.#count++;
    const time = this.time;
    const cause = this.cause;
    const high = Math.floor(time / TWO_32);
    const low = (time - high * TWO_32) | 0;
    const nodeId = this.#intern(node);
    const aId = this.#intern(a);
    // Runs of one name are common (heartbeats), and comparing is cheaper than looking up.
    const bId = b === this.#lastName ? this.#lastNameId : this.#intern(b);
    this.#lastName = b;
    this.#lastNameId = bId;
    const dId = d === "" ? 0 : this.#intern(d);
    const eId = e === "" ? 0 : this.#intern(e);
    const head = kind | (world << 8);
    foldRecord(this.#digest, head, low, high, cause, c, body);
    this.#digest.pairs(this.#hashA, this.#hashB, nodeId, aId, bId, dId, eId);
    (this.counts[kind] as number)++;
    const trace = this.#trace;
    if (trace !== undefined) {
      const chunk = trace.grow();
      let at = (id % CHUNK_RECORDS) * RECORD_WIDTH;
      chunk[at++] = low;
      chunk[at++] = high;
      chunk[at++] = head;
      chunk[at++] = nodeId;
      chunk[at++] = cause;
      chunk[at++] = aId;
      chunk[at++] = bId;
      chunk[at++] = c;
      chunk[at++] = dId;
      chunk[at++] = eId;
      if (body === undefined) chunk[at] = -1;
      else chunk[at] = trace.bodies.push(body) - 1;
    }
    const routes = this.#routes[kind] as (readonly TraceListener[] | undefined)[];
    const listeners = (routes[bId] ??= this.#route(RECORD_KINDS[kind] as RecordKind, b));
    if (listeners.length > 0) this.#show(listeners, { id, time, kind: RECORD_KINDS[kind] as RecordKind, world: world === 1, node, cause, a, b, c, d, e, body: shown });
    return id;
  }

  #route(kind: RecordKind, name: string): readonly TraceListener[] {
    return this.#listeners.filter((listener) => listener.triggers.some((trigger) => isTriggeredBy(trigger, kind, name)));
  }

  #show(listeners: readonly TraceListener[], cells: Cells): void {
    const record = viewOf(cells);
    for (const listener of listeners) listener.on(record);
  }
}

/** Whether a trigger (`kind`, `kind:name`, `kind:prefix*`) asks for records of this kind and name. */
export function isTriggeredBy(trigger: string, kind: RecordKind, name: string): boolean {
  const colon = trigger.indexOf(":");
  if (colon < 0) return trigger === kind;
  if (trigger.slice(0, colon) !== kind) return false;
  const wanted = trigger.slice(colon + 1);
  return wanted.endsWith("*") ? name.startsWith(wanted.slice(0, -1)) : name === wanted;
}

function doubled(column: Int32Array): Int32Array {
  const larger = new Int32Array(column.length * 2);
  larger.set(column);
  return larger;
}

function foldRecord(digest: Digest, head: number, low: number, high: number, cause: number, c: number, body: Body | undefined): void {
  digest.ints(head, low, high, cause, c);
  if (body === undefined) digest.int(0);
  else digest.plain(body);
}

/** Folds a kept trace anew. Equal to the writer's digest of the same records. */
export function digestOf(trace: Trace): string {
  const digest = new Digest();
  for (let id = 0; id < trace.count; id++) {
    foldRecord(digest, trace.cell(id, 2), trace.cell(id, 0), trace.cell(id, 1), trace.cell(id, 4), trace.cell(id, 7), trace.body(id));
    for (const column of [3, 5, 6, 8, 9]) {
      const [a, b] = hashText(trace.strings[trace.cell(id, column)] as string);
      digest.pair(a, b);
    }
  }
  return digest.value();
}

/** Replays a kept trace to listeners, as the writer would have. */
export function replayTrace(trace: Trace, listeners: readonly TraceListener[]): void {
  for (let id = 0; id < trace.count; id++) {
    const kind = RECORD_KINDS[trace.cell(id, 2) & 255] as RecordKind;
    const name = trace.strings[trace.cell(id, 6)] as string;
    const asked = listeners.filter((listener) => listener.triggers.some((trigger) => isTriggeredBy(trigger, kind, name)));
    if (asked.length === 0) continue;
    const record = trace.record(id);
    for (const listener of asked) listener.on(record);
  }
}
