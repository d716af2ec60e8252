import type { FaultRecord, Micros, TraceRecord } from "../../../trace/record.ts";
import type { TraceListener } from "../../../trace/listeners.ts";
import type { Cluster } from "../cluster.ts";
import { disturbanceOf, slowedBy } from "./disturbances.ts";

/** Processes, links and disturbances of every node by name, members or not: from records of the world alone. */
export class NodeWorld implements TraceListener {
  readonly triggers = ["state:process", "state:link>*", "fault"];
  readonly #cluster: Cluster;
  readonly #runningSince = new Map<string, Micros>();
  /** Nodes with a slow CPU by fault, and when the last such fault of each has ended. */
  readonly #slowed = new Map<string, readonly string[]>();
  readonly #slowUntil = new Map<string, Micros>();
  readonly #cut = new Set<string>();
  readonly #faults = new Set<string>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Since when it runs without a stop, a pause or a slow CPU, and so does what is due; `Infinity` when it does not. */
  runningSince(node: string): Micros {
    for (const nodes of this.#slowed.values()) if (nodes.includes(node)) return Infinity;
    return Math.max(this.#runningSince.get(node) ?? Infinity, this.#slowUntil.get(node) ?? 0);
  }
  isRunning(node: string): boolean {
    return this.#runningSince.has(node);
  }
  /** Both directions are up. */
  isLinked(a: string, b: string): boolean {
    return !this.#cut.has(`${a}>${b}`) && !this.#cut.has(`${b}>${a}`);
  }
  /** Whether no fault makes time bounds meaningless. */
  get isCalm(): boolean {
    return this.#faults.size === 0;
  }

  #onSlow(record: FaultRecord): void {
    if (record.phase === "start") {
      const nodes = slowedBy(record);
      if (nodes.length > 0) this.#slowed.set(record.fault, nodes);
    } else if (record.phase === "stop") {
      for (const node of this.#slowed.get(record.fault) ?? []) this.#slowUntil.set(node, record.time);
      this.#slowed.delete(record.fault);
    }
  }

  on(record: TraceRecord): void {
    if (record.kind === "fault") {
      this.#onSlow(record);
      if (record.phase === "stop") this.#faults.delete(record.fault);
      else if (record.phase === "start" && disturbanceOf(record, this.#cluster.heartbeat).kind !== "none")
        this.#faults.add(record.fault);
      return;
    }
    if (record.kind !== "state" || record.origin !== "world") return;
    if (record.key === "process") {
      if (record.value !== "up") this.#runningSince.delete(record.node);
      else if (!this.#runningSince.has(record.node)) this.#runningSince.set(record.node, record.time);
    } else {
      const link = `${record.node}>${record.key.slice("link>".length)}`;
      if (record.value === "cut") this.#cut.add(link);
      else this.#cut.delete(link);
    }
  }
}
