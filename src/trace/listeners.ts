import type { Message } from "./plain.ts";
import { RECORD_KINDS, type Micros, type RecordId, type RecordKind, type TraceRecord } from "./record.ts";
import type { Trace } from "./trace.ts";

/** A message that leaves or arrives: `node` is who sends it, or at whom it arrives, and `peer` the other one. */
export type ToldMessage = [
  kind: "sent" | "delivered",
  id: RecordId,
  time: Micros,
  node: string,
  peer: string,
  message: Message,
];

/** What records are shown to. */
export interface TraceTarget {
  on(record: TraceRecord): void;
  /**
   * Is told of a message that leaves or arrives in place of {@link TraceTarget.on}, where everybody who hears of such messages can
   * be told this way: no record is made of it then. For who hears of so many that the records would cost more than what it does.
   */
  onMessage?(...told: ToldMessage): void;
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
export interface Hearer<Method> {
  readonly target: TraceTarget;
  readonly method: Method;
}

/** Who asked for one kind and name. */
export interface Route {
  readonly hearers: readonly Hearer<TraceTarget["on"]>[];
  /** The same when all of them can be told of messages without a record. */
  readonly messages: readonly Hearer<NonNullable<TraceTarget["onMessage"]>>[] | undefined;
}

/** What one listener asked for of one kind: all of it, or names and beginnings of names. */
interface Asked {
  readonly listener: TraceListener;
  readonly names: readonly string[];
  /** `""` begins every name. */
  readonly prefixes: readonly string[];
}

/** The listeners of a run, by what they asked for. */
export class Listeners {
  readonly #byKind: readonly Asked[][] = RECORD_KINDS.map(() => []);

  constructor(listeners: readonly TraceListener[]) {
    for (const listener of listeners) this.add(listener);
  }

  add(listener: TraceListener): void {
    RECORD_KINDS.forEach((kind, number) => {
      const names: string[] = [];
      const prefixes: string[] = [];
      for (const trigger of listener.triggers) {
        const name = nameOf(trigger, kind);
        if (name === undefined) continue;
        if (name.endsWith("*")) prefixes.push(name.slice(0, -1));
        else names.push(name);
      }
      if (names.length + prefixes.length > 0) this.#byKind[number]?.push({ listener, names, prefixes });
    });
  }

  /** Who wants a record of this kind (by its number) and name, in the order in which they were added. */
  routeOf(kind: number, name: string): Route {
    const targets: TraceTarget[] = [];
    for (const asked of this.#byKind[kind] ?? [])
      if (wants(asked, name)) targets.push(asked.listener.target ?? asked.listener);
    const messages: Hearer<NonNullable<TraceTarget["onMessage"]>>[] = [];
    for (const target of targets) {
      const method = Reflect.get(target, "onMessage");
      if (method !== undefined) messages.push({ target, method });
    }
    const isMessage = RECORD_KINDS[kind] === "sent" || RECORD_KINDS[kind] === "delivered";
    return {
      hearers: targets.map((target) => ({ target, method: Reflect.get(target, "on") })),
      messages: isMessage && targets.length > 0 && messages.length === targets.length ? messages : undefined,
    };
  }
}

function wants({ listener, names, prefixes }: Asked, name: string): boolean {
  if (listener.isDone === true) return false;
  if (names.includes(name)) return true;
  for (const prefix of prefixes) if (name.startsWith(prefix)) return true;
  return false;
}

/** The name that a trigger (`kind`, `kind:name`, `kind:prefix*`) asks for of a kind, `*` for every; `undefined` for another kind's. */
function nameOf(trigger: string, kind: RecordKind): string | undefined {
  if (trigger === kind) return "*";
  return trigger.startsWith(kind) && trigger[kind.length] === ":" ? trigger.slice(kind.length + 1) : undefined;
}

/** Replays a kept trace to listeners, as the writer would have. */
export function replayTrace(trace: Trace, listeners: readonly TraceListener[]): void {
  const all = new Listeners(listeners);
  for (let id = 0; id < trace.count; id++) {
    const kind = trace.cell(id, 2) & 255;
    const { hearers } = all.routeOf(kind, trace.strings[trace.cell(id, 6)] as string);
    if (hearers.length === 0) continue;
    const record = trace.record(id);
    for (const { target, method } of hearers) method.call(target, record);
  }
}
