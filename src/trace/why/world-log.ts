import type { Micros, RecordId } from "../record.ts";
import type { Trace } from "../trace.ts";
import {
  causeAt,
  FAULT,
  isWorld,
  kindAt,
  likenessOf,
  nodeName,
  otherAt,
  otherName,
  ownName,
  POINT,
  STATE,
} from "./columns.ts";

/** A fault of a run, from its records. */
export interface FaultSpan {
  readonly id: string;
  readonly kind: string;
  readonly start: RecordId;
  /** −1 when it touched nothing. */
  touch: RecordId;
  /** −1 when it was in force to the end. */
  stop: RecordId;
  /** Nodes it was aimed at; empty when it named none. */
  readonly nodes: ReadonlySet<string>;
}

/** Something the world did to one node. */
export interface WorldEvent {
  readonly index: RecordId;
  /** The fault that did it, `""` for none. */
  readonly fault: string;
}

/** A fault's order reaches a machine within this many records. */
const FAULT_HOPS_MAX = 4;

/** What a run's records say about faults, about the world at each node, and about the last changes of each node's states. */
export class WorldLog {
  /** By id; of a fault that started more than once the last start before the end of the log. */
  readonly faults = new Map<string, FaultSpan>();
  /** Outages, clocks and losses by node, in order. What is ordinary (a disk's writes, a first start, links) is left out. */
  readonly events = new Map<string, WorldEvent[]>();
  /** By node: its states' changes of value, keyed by the state, the latest last. */
  readonly changes = new Map<string, Map<string, RecordId>>();
  readonly #trace: Trace;
  readonly #values = new Map<number, number>();

  /** Reads the records 0…`end`, once. */
  constructor(trace: Trace, end: RecordId) {
    this.#trace = trace;
    for (let id = 0; id <= end; id++) {
      const kind = kindAt(trace, id);
      if (kind === FAULT) this.#onFault(id);
      else if (kind === STATE && !isWorld(trace, id)) this.#onClaim(id);
      else if ((kind === STATE || kind === POINT) && isWorld(trace, id)) this.#onWorld(id);
    }
  }

  /** The fault that a record comes from; `""` when none is near. */
  faultBehind(id: RecordId): string {
    const trace = this.#trace;
    let at = id;
    for (let hops = 0; hops < FAULT_HOPS_MAX && at >= 0; hops++, at = causeAt(trace, at))
      if (kindAt(trace, at) === FAULT) return ownName(trace, at);
    return "";
  }

  /** Virtual time of a fault's start. */
  startOf(span: FaultSpan): Micros {
    return this.#trace.time(span.start);
  }

  #onFault(id: RecordId): void {
    const trace = this.#trace;
    const name = ownName(trace, id);
    const phase = otherName(trace, id);
    const span = this.faults.get(name);
    if (phase === "start") {
      const record = trace.record(id);
      const fields = record.kind === "fault" ? record.fields : {};
      const nodes = new Set(nodesIn(String(fields["groups"] ?? "[]")));
      this.faults.set(name, { id: name, kind: String(fields["kind"] ?? ""), start: id, touch: -1, stop: -1, nodes });
    } else if (span !== undefined) {
      if (phase === "touch") span.touch = id;
      else span.stop = id;
    }
  }

  #onClaim(id: RecordId): void {
    const trace = this.#trace;
    const likeness = likenessOf(trace, id);
    const value = otherAt(trace, id);
    if (this.#values.get(likeness) === value) return;
    this.#values.set(likeness, value);
    const node = nodeName(trace, id);
    let changes = this.changes.get(node);
    if (changes === undefined) this.changes.set(node, (changes = new Map<string, RecordId>()));
    const key = ownName(trace, id);
    changes.delete(key);
    changes.set(key, id);
  }

  #onWorld(id: RecordId): void {
    const trace = this.#trace;
    const name = ownName(trace, id);
    const fault = this.faultBehind(id);
    const isKnown = name === "process" || name === "clock";
    const isDamage = name === "disk.lost" || name === "disk.error" || name === "disk.rot";
    if (!isDamage && !(isKnown && (fault !== "" || isEnd(trace, id)))) return;
    const node = nodeName(trace, id);
    const events = this.events.get(node);
    if (events === undefined) this.events.set(node, [{ index: id, fault }]);
    else events.push({ index: id, fault });
  }
}

function isEnd(trace: Trace, id: RecordId): boolean {
  return ownName(trace, id) === "process" && otherName(trace, id) === "down";
}

/** Names in the JSON text of a fault's groups, as its start record carries them. */
function nodesIn(groups: string): string[] {
  const parsed: unknown = JSON.parse(groups);
  if (!Array.isArray(parsed)) return [];
  return parsed.flatMap((group: unknown) => (Array.isArray(group) ? group.map(String) : []));
}
