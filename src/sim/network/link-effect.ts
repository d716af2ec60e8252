import type { NodeId } from "../../system/ports/node.ts";
import type { Micros } from "../../trace/record.ts";
import type { RngStream } from "../kernel/rng.ts";
import type { LatencySpec } from "./distributions.ts";

/** What every link of the cluster is like when no fault acts on it. */
export interface NetworkConfig {
  readonly latency: LatencySpec;
  /** Probabilities of a message, parts per million. */
  readonly lossPpm: number;
  readonly duplicatePpm: number;
  readonly reorderPpm: number;
  /** Extra delay of a reordered message, by which later ones overtake it. */
  readonly reorderBy: Micros;
}

/** A name that does not mean whom it should. */
export interface StaleName {
  /** `undefined`: the name cannot be resolved. */
  readonly node: NodeId | undefined;
  /** Whether that node takes messages that mean somebody else; otherwise it refuses them, as `TcpTransport` does. */
  readonly isTaken: boolean;
}

/** What a fault adds to one directed link; several add up. */
export interface LinkEffect {
  /** Id of the fault, for records and for the name of its random streams. */
  readonly fault: string;
  /** Nothing gets through, in flight or new. */
  readonly cut?: boolean;
  /** Takes every message and delivers none; those on the way arrive. */
  readonly blackhole?: boolean;
  /** Keeps every message; when the last hold of the link ends they arrive, in the order in which they were sent. */
  readonly hold?: boolean;
  /** What the receiver's name means to the sender; without it, the receiver. Of several the youngest counts. */
  readonly resolvesTo?: StaleName;
  /** Extra delay of a message, µs ≥ 0. Drawn for every message sent while the effect lasts. */
  readonly extraLatency?: (random: RngStream) => Micros;
  readonly lossPpm?: number;
  /** Whether a message sent now is lost beside {@link LinkEffect.lossPpm}; asked once for each message, in the order of time. */
  readonly loses?: (random: RngStream, now: Micros) => boolean;
  readonly duplicatePpm?: number;
  readonly reorderPpm?: number;
  /** Share of the messages that arrive altered, which the checksum of their frames tells: they are dropped on arrival. */
  readonly corruptPpm?: number;
  /** Messages take their time to be sent, one after the other; integer ≥ 1. */
  readonly bytesPerSecond?: number;
  /** Messages on the way at once; what is sent beyond is dropped. Integer ≥ 1. */
  readonly queueMax?: number;
  /** Default: the network's. */
  readonly reorderBy?: Micros;
  /** Called once for each message, and each reason, that it changed. */
  touch(): void;
}
