import { Digest } from "./digest.ts";
import { hashText } from "./hash.ts";
import { NameTable } from "./name-table.ts";
import type { Fields, Message, Plain } from "./plain.ts";
import {
  RECORD_KINDS,
  type DropReason,
  type Micros,
  type RecordId,
  type RecordKind,
  type TraceRecord,
} from "./record.ts";

/** Integers a record takes: time low, time high, kind and origin, node, cause, a, b, c, d, e, body. */
export const RECORD_WIDTH = 11;
const CHUNK_RECORDS = 4096;
const TWO_32 = 4294967296;
/** In a record's head, above its kind: the world says so. */
const WORLD = 1 << 8;

/** A text's number in one run: the same text has the same number. */
export type NameId = number;

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
    return viewOf(
      id,
      this.time(id),
      kind,
      this.cell(id, 2) >> 8 === 1,
      this.#string(id, 3),
      this.cell(id, 4),
      this.#string(id, 5),
      this.#string(id, 6),
      this.cell(id, 7),
      this.#string(id, 8),
      this.#string(id, 9),
      this.body(carriesMessage ? this.cell(id, 7) : id),
    );
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

const NO_FIELDS: Fields = Object.freeze({});

// Every literal is written out, and the columns are arguments: spreading a common base takes ten times as long, and this runs for
// most records of a judged run.
function viewOf(
  id: RecordId,
  time: Micros,
  kind: RecordKind,
  isWorld: boolean,
  node: string,
  cause: RecordId,
  a: string,
  b: string,
  c: number,
  d: string,
  e: string,
  body: Body | undefined,
): TraceRecord {
  switch (kind) {
    case "sent":
      return { kind, id, time, node, cause, to: a, type: b, message: body as Message };
    case "delivered":
      return { kind, id, time, node, cause, from: a, type: b, sent: c, message: body as Message };
    case "dropped":
      return {
        kind,
        id,
        time,
        node,
        cause,
        from: a,
        type: b,
        sent: c,
        reason: d as DropReason,
        fault: e,
        message: body as Message,
      };
    case "duplicated":
      return { kind, id, time, node, cause, from: a, type: b, sent: c, fault: e, message: body as Message };
    case "state":
      return {
        kind,
        id,
        time,
        node,
        cause,
        origin: isWorld ? "world" : "program",
        key: b,
        value: a,
        fields: fieldsOf(body),
      };
    case "point":
      return { kind, id, time, node, cause, origin: isWorld ? "world" : "program", name: b, fields: fieldsOf(body) };
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

function fieldsOf(body: Body | undefined): Fields {
  return (body as Fields | undefined) ?? NO_FIELDS;
}

/** What records are shown to. */
export interface TraceTarget {
  on(record: TraceRecord): void;
  /**
   * Is told of a message that leaves or arrives in place of {@link TraceTarget.on}, where everybody who hears of such messages can
   * be told this way: no record is made of it then. For who hears of so many that the records would cost more than what it does.
   *
   * @param node  Who sends it, or at whom it arrives.
   * @param peer  The other one.
   */
  onMessage?(
    kind: "sent" | "delivered",
    id: RecordId,
    time: Micros,
    node: string,
    peer: string,
    message: Message,
  ): void;
}

/** Sees chosen records the moment they are written. */
export interface TraceListener extends TraceTarget {
  /** `kind`, `kind:name` or `kind:prefix*`; the name is the message type, state key, point name, operation, outcome, fault or timer. */
  readonly triggers: readonly string[];
  /** Is shown the records in the listener's place, with nothing between. */
  readonly target?: TraceTarget;
  /** It needs to see no more. Whoever writes the records asks when told to, see {@link TraceWriter.reroute}. */
  readonly isDone?: boolean;
}

/**
 * Somebody who is shown or told something, and the method for it: there are dozens of kinds of listeners, and to look a method up
 * costs more than to call it. Not bound, which takes three calls for one.
 */
interface Hearer<Method> {
  readonly target: TraceTarget;
  readonly method: Method;
}

/** Who asked for one kind and name. */
interface Route {
  readonly hearers: readonly Hearer<TraceTarget["on"]>[];
  /** The same when all of them can be told of messages without a record. */
  readonly messages: readonly Hearer<NonNullable<TraceTarget["onMessage"]>>[] | undefined;
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
  readonly #ids = new NameTable();
  readonly #strings: string[] = [""];
  /** The lanes of each text by its number. */
  #first: Int32Array = new Int32Array(64);
  #second: Int32Array = new Int32Array(64);
  /** By kind and name of a record: who asked for it. */
  readonly #routes: (Route | undefined)[][] = RECORD_KINDS.map(() => []);

  constructor(options: { keep: boolean; listeners?: readonly TraceListener[] }) {
    this.#trace = options.keep ? new Trace() : undefined;
    this.#listeners = options.listeners ?? [];
    this.#ids.set("", 0);
  }

  /** Adds a listener for everything written from now on. */
  listen(listener: TraceListener): void {
    this.#listeners = [...this.#listeners, listener];
    this.reroute();
  }

  /** Asks anew who is to see what. */
  reroute(): void {
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
    return this.sentBy(this.name(node), this.name(to), message);
  }
  delivered(node: string, from: string, sent: RecordId, message: Message): RecordId {
    return this.deliveredTo(this.name(node), this.name(from), sent, message);
  }
  dropped(node: string, from: string, sent: RecordId, message: Message, reason: DropReason, fault: string): RecordId {
    return this.#write(
      2,
      this.name(node),
      this.name(from),
      this.name(message.type),
      sent,
      this.name(reason),
      this.name(fault),
      undefined,
      message,
    );
  }
  duplicated(node: string, from: string, sent: RecordId, message: Message, fault: string): RecordId {
    return this.#write(
      3,
      this.name(node),
      this.name(from),
      this.name(message.type),
      sent,
      0,
      this.name(fault),
      undefined,
      message,
    );
  }
  /** @param origin 1 for the world, 0 for a program. */
  state(origin: 0 | 1, node: string, key: string, value: string, fields?: Fields): RecordId {
    return this.#write(4 | (origin << 8), this.name(node), this.name(value), this.name(key), 0, 0, 0, fields, fields);
  }
  point(origin: 0 | 1, node: string, name: string, fields?: Fields): RecordId {
    return this.pointAt(origin, this.name(node), name, fields);
  }
  invoke(node: string, name: string, key: string, value?: Plain): RecordId {
    return this.#write(6, this.name(node), this.name(key), this.name(name), 0, 0, 0, value, value);
  }
  complete(node: string, invoke: RecordId, outcome: string, value?: Plain): RecordId {
    return this.#write(7, this.name(node), 0, this.name(outcome), invoke, 0, 0, value, value);
  }
  fault(phase: "start" | "stop" | "touch", fault: string, fields?: Fields): RecordId {
    return this.#write(8 | WORLD, 0, this.name(phase), this.name(fault), 0, 0, 0, fields, fields);
  }
  timer(node: string, name: string): RecordId {
    return this.firedAt(this.name(node), this.name(name));
  }

  /** {@link TraceWriter.sent} by the nodes' numbers. */
  sentBy(node: NameId, to: NameId, message: Message): RecordId {
    return this.#write(0, node, to, this.name(message.type), 0, 0, 0, message, message);
  }
  /** {@link TraceWriter.delivered} by the nodes' numbers. */
  deliveredTo(node: NameId, from: NameId, sent: RecordId, message: Message): RecordId {
    return this.#write(1, node, from, this.name(message.type), sent, 0, 0, undefined, message);
  }
  /** {@link TraceWriter.point} by the node's number. */
  pointAt(origin: 0 | 1, node: NameId, name: string, fields?: Fields): RecordId {
    return this.#write(5 | (origin << 8), node, 0, this.name(name), 0, 0, 0, fields, fields);
  }
  /** {@link TraceWriter.timer} by numbers. */
  firedAt(node: NameId, name: NameId): RecordId {
    return this.#write(9, node, 0, name, 0, 0, 0, undefined, undefined);
  }

  /** The number of a text in this run. Whoever writes the same names all the time asks once. */
  name(text: string): NameId {
    const known = this.#ids.get(text);
    return known < 0 ? this.#intern(text) : known;
  }

  #intern(text: string): NameId {
    const id = this.#strings.length;
    this.#ids.set(text, id);
    this.#strings.push(text);
    if (id === this.#first.length) {
      this.#first = doubled(this.#first);
      this.#second = doubled(this.#second);
    }
    const [first, second] = hashText(text);
    this.#first[id] = first;
    this.#second[id] = second;
    this.#trace?.strings.push(text);
    return id;
  }

  // One path for every kind: each column is folded for each record, so no field of any record can be left out of the digest.
  #write(
    head: number,
    node: NameId,
    a: NameId,
    b: NameId,
    c: number,
    d: NameId,
    e: NameId,
    body: Body | undefined,
    shown: Body | undefined,
  ): RecordId {
    const id = this.#count++;
    const { time, cause } = this;
    const kind = head & 255;
    const low = time | 0;
    const high = time < TWO_32 ? 0 : Math.floor(time / TWO_32);
    const digest = this.#digest;
    digest.columns(low, high, head, node, cause, a, b, c, d, e, this.#first, this.#second);
    if (body !== undefined) digest.body(body, b, kind === 0);
    if (this.#trace !== undefined) this.#keep(this.#trace, [low, high, head, node, cause, a, b, c, d, e], body);
    (this.counts[kind] as number)++;
    const route = (this.#routes[kind] as (Route | undefined)[])[b] ?? this.#route(kind, b);
    if (route.messages !== undefined) this.#tell(route.messages, id, kind, node, a, shown as Message);
    else if (route.hearers.length > 0) this.#show(route.hearers, id, head, node, a, b, c, d, e, shown);
    return id;
  }

  #keep(trace: Trace, columns: readonly number[], body: Body | undefined): void {
    const chunk = trace.grow();
    const at = ((trace.count - 1) % CHUNK_RECORDS) * RECORD_WIDTH;
    chunk.set(columns, at);
    chunk[at + columns.length] = body === undefined ? -1 : trace.bodies.push(body) - 1;
  }

  #route(kind: number, name: NameId): Route {
    const asked = this.#listeners.filter(
      (listener) =>
        listener.isDone !== true &&
        listener.triggers.some((trigger) =>
          isTriggeredBy(trigger, RECORD_KINDS[kind] as RecordKind, this.#strings[name] as string),
        ),
    );
    const targets = asked.map((listener) => listener.target ?? listener);
    const messages = targets.flatMap((target) => {
      const method = Reflect.get(target, "onMessage");
      return method === undefined ? [] : [{ target, method }];
    });
    const isWithout = kind <= 1 && messages.length > 0 && messages.length === targets.length;
    const route: Route = {
      hearers: targets.map((target) => ({ target, method: Reflect.get(target, "on") })),
      messages: isWithout ? messages : undefined,
    };
    return ((this.#routes[kind] as (Route | undefined)[])[name] = route);
  }

  #tell(
    messages: NonNullable<Route["messages"]>,
    id: RecordId,
    kind: number,
    node: NameId,
    peer: NameId,
    message: Message,
  ): void {
    const what = kind === 0 ? "sent" : "delivered";
    const { time } = this;
    const own = this.#strings[node] as string;
    const other = this.#strings[peer] as string;
    for (let i = 0; i < messages.length; i++) {
      const { target, method } = messages[i] as (typeof messages)[number];
      method.call(target, what, id, time, own, other, message);
    }
  }

  #show(
    hearers: Route["hearers"],
    id: RecordId,
    head: number,
    node: NameId,
    a: NameId,
    b: NameId,
    c: number,
    d: NameId,
    e: NameId,
    body: Body | undefined,
  ): void {
    const names = this.#strings as readonly string[];
    const record = viewOf(
      id,
      this.time,
      RECORD_KINDS[head & 255] as RecordKind,
      head >= WORLD,
      names[node] as string,
      this.cause,
      names[a] as string,
      names[b] as string,
      c,
      names[d] as string,
      names[e] as string,
      body,
    );
    for (let i = 0; i < hearers.length; i++) {
      const { target, method } = hearers[i] as (typeof hearers)[number];
      method.call(target, record);
    }
  }
}

/** Whether a trigger (`kind`, `kind:name`, `kind:prefix*`) asks for records of this kind and name. */
export function isTriggeredBy(trigger: string, kind: RecordKind, name: string): boolean {
  // Asked of every trigger for every name of a run: nothing is cut out of it but for a prefix.
  if (!trigger.startsWith(kind)) return false;
  const start = kind.length + 1;
  if (trigger.length < start) return true;
  if (trigger[kind.length] !== ":") return false;
  if (trigger.endsWith("*")) return name.startsWith(trigger.slice(start, -1));
  return trigger.length === start + name.length && trigger.endsWith(name);
}

function doubled(column: Int32Array): Int32Array {
  const larger = new Int32Array(column.length * 2);
  larger.set(column);
  return larger;
}

/** Folds a kept trace anew. Equal to the writer's digest of the same records. */
export function digestOf(trace: Trace): string {
  const digest = new Digest();
  // The empty text, which most records have somewhere, has no hash.
  const hashes = trace.strings.map((text) => (text === "" ? [0, 0] : hashText(text)));
  const first = Int32Array.from(hashes, ([a]) => a);
  const second = Int32Array.from(hashes, ([, b]) => b);
  for (let id = 0; id < trace.count; id++) {
    const cell = (column: number): number => trace.cell(id, column);
    const body = trace.body(id);
    digest.columns(
      ...([cell(0), cell(1), cell(2), cell(3), cell(4), cell(5), cell(6), cell(7), cell(8), cell(9)] as const),
      first,
      second,
    );
    if (body !== undefined) digest.body(body, cell(6), false);
  }
  return digest.value();
}

/** Replays a kept trace to listeners, as the writer would have. */
export function replayTrace(trace: Trace, listeners: readonly TraceListener[]): void {
  for (let id = 0; id < trace.count; id++) {
    const kind = RECORD_KINDS[trace.cell(id, 2) & 255] as RecordKind;
    const name = trace.strings[trace.cell(id, 6)] as string;
    const asked = listeners.filter(
      ({ isDone, triggers }) => isDone !== true && triggers.some((trigger) => isTriggeredBy(trigger, kind, name)),
    );
    if (asked.length === 0) continue;
    const record = trace.record(id);
    for (const listener of asked) listener.on(record);
  }
}
