import { Digest } from "./digest.ts";
import { hashText } from "./hash.ts";
import { Listeners, type Route, type TraceListener } from "./listeners.ts";
import { NameNumbers } from "./name-numbers.ts";
import type { Fields, Message, Plain } from "./plain.ts";
import { RECORD_KINDS, type DropReason, type Micros, type RecordId, type RecordKind } from "./record.ts";
import { Trace, viewOf, type Body, type NameId } from "./trace.ts";

const TWO_32 = 4294967296;
/** In a record's head, above its kind: the world says so. */
const WORLD = 1 << 8;

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
  readonly #listeners: Listeners;
  #count = 0;
  readonly #ids = new NameNumbers();
  readonly #strings: string[] = [""];
  /** The lanes of each text by its number. */
  #first: Int32Array = new Int32Array(64);
  #second: Int32Array = new Int32Array(64);
  /** By kind and name of a record: who asked for it. */
  readonly #routes: (Route | undefined)[][] = RECORD_KINDS.map(() => []);

  constructor(options: { keep: boolean; listeners?: readonly TraceListener[] }) {
    this.#trace = options.keep ? new Trace() : undefined;
    this.#listeners = new Listeners(options.listeners ?? []);
    this.#ids.set("", 0);
  }

  /** Adds a listener for everything written from now on. */
  listen(listener: TraceListener): void {
    this.#listeners.add(listener);
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
    this.#trace?.keep([low, high, head, node, cause, a, b, c, d, e], body);
    (this.counts[kind] as number)++;
    const route = (this.#routes[kind] as (Route | undefined)[])[b] ?? this.#route(kind, b);
    if (route.messages !== undefined) this.#tell(route.messages, id, kind, node, a, shown as Message);
    else if (route.hearers.length > 0) this.#show(route.hearers, id, head, node, a, b, c, d, e, shown);
    return id;
  }

  #route(kind: number, name: NameId): Route {
    const route = this.#listeners.routeOf(kind, this.#strings[name] as string);
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

function doubled(column: Int32Array): Int32Array {
  const larger = new Int32Array(column.length * 2);
  larger.set(column);
  return larger;
}
