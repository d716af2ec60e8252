import type { Micros } from "../../trace/record.ts";
import type { RngStream } from "../kernel/rng.ts";
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
  /** Nothing that is on the disk may grow beyond what is on it now: somebody else has the rest. */
  readonly full?: boolean;
  /** Every change and every sync is refused. */
  readonly readOnly?: boolean;
  /** Operations take effect and do not complete while the effect lasts. */
  readonly stuck?: boolean;
  /** Syncs fail. Of the writes that one should have made durable, a prefix drawn from this stream is; the others never will be. */
  readonly failingSyncs?: RngStream;
  /** Called once for each operation made slow, refused, held or failed, and for each file or name a power loss took something from because of the effect. */
  touch(): void;
}
