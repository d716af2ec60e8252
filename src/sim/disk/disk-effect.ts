import type { Micros } from "../../trace/record.ts";
import type { LatencySpec } from "../network/distributions.ts";

/** What every disk of the cluster is like when no fault acts on it. */
export interface DiskConfig {
  /** Latency of every operation that is not a sync. */
  readonly opLatency: LatencySpec;
  /** Latency of `sync` and `syncDirectory`. */
  readonly syncLatency: LatencySpec;
  /** Whether a power loss loses what was not synced. */
  readonly loseUnsynced: boolean;
  /** Bytes all files may hold together; without it, any number. */
  readonly capacityBytes?: number;
}

/** What a fault adds to one disk; several add up. */
export interface DiskEffect {
  /** Id of the fault. */
  readonly fault: string;
  /** Extra latency of `sync` and `syncDirectory`, µs ≥ 0. */
  readonly slowSyncBy?: Micros;
  /** Extra latency of every other operation, µs ≥ 0. */
  readonly slowOpBy?: Micros;
  /** At a power loss: what was not synced is lost, whatever the disk's configuration says. */
  readonly loseUnsynced?: boolean;
  /** At a power loss: of what was not synced any subset survives, not only a prefix. */
  readonly orderFree?: boolean;
  /** At a power loss: the last surviving unsynced write of a file may be cut. */
  readonly tornWrites?: boolean;
  /** Called once for each operation made slow, and for each file or name a power loss took something from because of the effect. */
  touch(): void;
}
