import { TraceWriter } from "../../../src/trace/trace-writer.ts";
import type { Trace } from "../../../src/trace/trace.ts";
import type { RecordId } from "../../../src/trace/record.ts";
import type { Violation } from "../../../src/trace/verdict.ts";
import { whySlice } from "../../../src/trace/why/slice.ts";
import type { WhySlice } from "../../../src/trace/why/why-slice.ts";

/** A hand-written run: each record with its time in ms and its cause. */
export class Scene {
  readonly #writer = new TraceWriter({ keep: true });

  get trace(): Trace {
    return this.#writer.trace as Trace;
  }

  start(node: string): RecordId {
    return this.#at(0, -1).state(1, node, "process", "up", { incarnation: 1, reason: "start" });
  }
  process(ms: number, node: string, value: string, cause: RecordId): RecordId {
    return this.#at(ms, cause).state(1, node, "process", value, { incarnation: 1, reason: "crash" });
  }
  state(ms: number, node: string, key: string, value: string, cause: RecordId): RecordId {
    return this.#at(ms, cause).state(0, node, key, value);
  }
  timer(ms: number, node: string, name: string, cause: RecordId): RecordId {
    return this.#at(ms, cause).timer(node, name);
  }
  sent(ms: number, from: string, to: string, type: string, cause: RecordId): RecordId {
    return this.#at(ms, cause).sent(from, to, { type });
  }
  /** The last message of this number arrives. */
  heard(ms: number, sent: RecordId): RecordId {
    const record = this.trace.record(sent);
    if (record.kind !== "sent") throw new Error("nothing was sent");
    return this.#at(ms, sent).delivered(record.to, record.node, sent, record.message);
  }
  /** Sends a message that arrives a millisecond later. */
  message(ms: number, from: string, to: string, type: string, cause: RecordId): RecordId {
    return this.heard(ms + 1, this.sent(ms, from, to, type, cause));
  }
  /** Sends a message that does not arrive. */
  lost(
    ms: number,
    link: readonly [from: string, to: string],
    type: string,
    by: { cause: RecordId; reason?: "partition" | "crashed" | "loss"; fault?: string },
  ): RecordId {
    const sent = this.sent(ms, link[0], link[1], type, by.cause);
    return this.#at(ms, sent).dropped(link[1], link[0], sent, { type }, by.reason ?? "partition", by.fault ?? "");
  }
  fault(ms: number, id: string, kind: string, nodes: readonly string[]): RecordId {
    const fields = { kind, spec: "{}", groups: JSON.stringify([nodes]), roles: "{}" };
    return this.#at(ms, -1).fault("start", id, fields);
  }
  touch(ms: number, id: string, cause: RecordId): RecordId {
    return this.#at(ms, cause).fault("touch", id);
  }
  faultStop(ms: number, id: string, cause: RecordId): RecordId {
    return this.#at(ms, cause).fault("stop", id, { touched: 1 });
  }

  /** A violation at a record, or at a later moment. */
  violation(record: RecordId, options: Partial<Violation> = {}): Violation {
    const { time, node } = this.trace.record(record);
    return { record, time, nodes: [node], message: "", expected: "", observed: "", ...options };
  }
  why(record: RecordId, options: Partial<Violation> = {}): WhySlice {
    return whySlice(this.trace, this.violation(record, options));
  }

  #at(ms: number, cause: RecordId): TraceWriter {
    this.#writer.time = ms * 1_000;
    this.#writer.cause = cause;
    return this.#writer;
  }
}

/** The roles of a slice's records by their ids. */
export function rolesOf(slice: WhySlice): Record<number, string> {
  return Object.fromEntries(slice.records.map(({ index, role }) => [index, role]));
}

/** The record of a slice with this id. */
export function told(slice: WhySlice, index: RecordId): WhySlice["records"][number] {
  const found = slice.records.find((record) => record.index === index);
  if (found === undefined) throw new Error(`record ${String(index)} is not in the slice`);
  return found;
}
