import type { Micros, TraceRecord } from "../../../trace/record.ts";
import type { TraceListener } from "../../../trace/trace.ts";
import type { Cluster } from "../cluster.ts";
import { disturbanceOf } from "./disturbances.ts";

/** Processes, links and disturbances of every node by name, members or not: from records of the world alone. */
export class NodeWorld implements TraceListener {
  readonly triggers = ["state:process", "state:link>*", "fault"];
  readonly #cluster: Cluster;
  readonly #runningSince = new Map<string, Micros>();
  readonly #cut = new Set<string>();
  readonly #faults = new Set<string>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Since when it runs without a stop or a pause; `Infinity` when it does not. */
  runningSince(node: string): Micros {
    return this.#runningSince.get(node) ?? Infinity;
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

  on(record: TraceRecord): void {
    if (record.kind === "fault") {
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
