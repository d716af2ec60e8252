import { Digest } from "./digest.ts";
import { hashText } from "./hash.ts";
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

  /** Keeps one more record: its ten columns, and its body. */
  keep(columns: readonly number[], body: Body | undefined): void {
    const chunk = this.grow();
    const at = ((this.count - 1) % CHUNK_RECORDS) * RECORD_WIDTH;
    chunk.set(columns, at);
    chunk[at + columns.length] = body === undefined ? -1 : this.bodies.push(body) - 1;
  }

  /** Room for one more record. @returns its chunk; the record's integers go at `(count − 1) mod 4096 · 11`. */
  grow(): Int32Array {
    const chunk = Math.floor(this.count++ / CHUNK_RECORDS);
    return (this.chunks[chunk] ??= new Int32Array(CHUNK_RECORDS * RECORD_WIDTH));
  }
}

const NO_FIELDS: Fields = Object.freeze({});

/** A record as it is shown, from its columns. */
// Every literal is written out, and the columns are arguments: spreading a common base takes ten times as long, and this runs for
// most records of a judged run.
export function viewOf(
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
