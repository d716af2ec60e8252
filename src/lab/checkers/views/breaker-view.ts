import type { PointRecord, RecordId, StateRecord, TraceRecord } from "../../../trace/record.ts";
import type { TraceListener } from "../../../trace/listeners.ts";
import { textOf } from "./fields.ts";

/** One call that a breaker let through and that has no result yet. */
export interface OpenCall {
  /** How many changes of state there had been when it began. */
  readonly era: number;
  readonly record: RecordId;
}

/** One breaker of one life of a node, up to the record that is being judged. */
export interface BreakerState {
  readonly node: string;
  /** What it protects; `""` for the only one of its node. */
  readonly name: string;
  /** `""` before it said any. */
  state: string;
  since: number;
  record: RecordId;
  /** Changes of state so far, counted here and not taken from the breaker. */
  era: number;
  readonly calls: Map<number, OpenCall>;
}

/** The trigger of every breaker's states and points. */
export const BREAKER_TRIGGERS: readonly string[] = ["state:breaker", "state:breaker>*", "point:breaker.*"];

/** Breakers as their records show them. While a record is judged, {@link BreakerView.of} shows the moment before it. */
export class BreakerView implements TraceListener {
  readonly triggers = [...BREAKER_TRIGGERS, "state:process"];
  readonly #breakers = new Map<string, BreakerState>();
  #pending: StateRecord | PointRecord | undefined;

  /** The breaker that this record is about. */
  of(record: StateRecord | PointRecord): BreakerState {
    const name = breakerName(record);
    const key = `${record.node}/${name}`;
    let breaker = this.#breakers.get(key);
    if (breaker === undefined) {
      breaker = { node: record.node, name, state: "", since: record.time, record: -1, era: 0, calls: new Map() };
      this.#breakers.set(key, breaker);
    }
    return breaker;
  }

  /** A node's breaker of a name, for records that are no breaker's: the present, all of whose records were judged. */
  named(node: string, name: string): BreakerState | undefined {
    this.#flush();
    return this.#breakers.get(`${node}/${name}`);
  }

  on(record: TraceRecord): void {
    this.#flush();
    if (record.kind !== "state" && record.kind !== "point") return;
    if (record.origin === "program") this.#pending = record;
    else if (record.kind === "state" && record.key === "process" && record.value === "down") this.#forget(record.node);
  }

  /** The record before the present one has been judged by everybody. */
  #flush(): void {
    if (this.#pending !== undefined) this.#apply(this.#pending);
    this.#pending = undefined;
  }

  #apply(record: StateRecord | PointRecord): void {
    const breaker = this.of(record);
    if (record.kind === "state") {
      breaker.state = record.value;
      breaker.since = record.time;
      breaker.record = record.id;
      breaker.era++;
    } else if (record.name === "breaker.call") {
      breaker.calls.set(Number(record.fields["id"]), { era: breaker.era, record: record.id });
    } else if (record.name === "breaker.result") breaker.calls.delete(Number(record.fields["id"]));
  }

  #forget(node: string): void {
    for (const [key, breaker] of this.#breakers) if (breaker.node === node) this.#breakers.delete(key);
  }
}

/** Calls of the present state that are under way. */
export function currentCalls(breaker: BreakerState): number {
  let count = 0;
  for (const call of breaker.calls.values()) if (call.era === breaker.era) count++;
  return count;
}

/** `n1`'s breaker, in words. */
export function describeBreaker({ node, name }: BreakerState): string {
  return name === "" ? `the breaker of ${node}` : `${node}'s breaker for ${name}`;
}

function breakerName(record: StateRecord | PointRecord): string {
  return record.kind === "point" ? textOf(record.fields["name"]) : record.key.slice("breaker>".length);
}
