import type { Fields } from "../trace/plain.ts";
import type { Micros, Origin, RecordId, TraceRecord } from "../trace/record.ts";
import type { TraceListener } from "../trace/listeners.ts";

/** The last value of one state of one node. */
export interface BoardEntry {
  readonly value: string;
  readonly fields: Fields;
  readonly origin: Origin;
  /** When it was written. */
  readonly since: Micros;
  readonly record: RecordId;
}

/**
 * What every node last said of itself, and the world of it. A new incarnation starts with a clean slate: what its predecessor
 * claimed is gone.
 */
export class StateBoard implements TraceListener {
  readonly triggers = ["state"];
  readonly #nodes = new Map<string, Map<string, BoardEntry>>();

  /** `undefined` until the node wrote this state. */
  get(node: string, key: string): BoardEntry | undefined {
    return this.#nodes.get(node)?.get(key);
  }

  on(record: TraceRecord): void {
    if (record.kind !== "state") return;
    const states = this.#nodes.get(record.node) ?? new Map<string, BoardEntry>();
    this.#nodes.set(record.node, states);
    const isStart =
      record.origin === "world" &&
      record.key === "process" &&
      record.value === "up" &&
      record.fields["reason"] !== "resume";
    if (isStart) {
      for (const [key, entry] of states) if (entry.origin === "program") states.delete(key);
    }
    const { value, fields, origin, time, id } = record;
    states.set(record.key, { value, fields, origin, since: time, record: id });
  }
}
