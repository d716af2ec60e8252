import type { Micros } from "../../trace/record.ts";
import type { Plain } from "../../trace/plain.ts";

/** One node of the run. A client is a node of its own and never a member of the cluster. */
export interface NodeFacts {
  readonly id: string;
  readonly program: string;
  readonly role: "node" | "client";
  /** Resolved configuration; durations are integer ms under `electionTimeoutMs`, `heartbeatMs`, `leaseMs`, `pollMs`. */
  readonly config: Plain;
}

/** One fault of the scenario, as written after defaults. */
export interface FaultFacts {
  readonly id: string;
  readonly kind: string;
  readonly spec: Plain;
}

/** What is known about a run before its first record: what checkers may lean on beside the records themselves. */
export interface RunFacts {
  readonly nodes: readonly NodeFacts[];
  readonly faults: readonly FaultFacts[];
  /** When the scenario ends, in virtual time. */
  readonly endTime: Micros;
  /** Bounds that the scenario states, by name of the checker; they replace the checker's own. */
  readonly bounds: Readonly<Record<string, { readonly bound: Micros }>>;
  /** The network without any fault, where known: liveness is not judged on one that is worse than the rules assume. */
  readonly network?: { readonly latencyUsHigh: Micros; readonly lossPpm: number };
}
