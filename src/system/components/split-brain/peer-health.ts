import type { Clock } from "../../ports/clock.ts";
import type { NodeId } from "../../ports/node.ts";
import type { HealthLevel } from "../../ports/split-brain.ts";

/**
 * What peers say of their own health. It decides who is not given leadership, and never who counts for a quorum: an unhealthy voter
 * is a voter (two halves that each leave the other's sick out would both be majorities).
 */
export class PeerHealth {
  readonly #clock: Clock;
  readonly #maxAgeMs: number;
  readonly #heard = new Map<NodeId, { level: HealthLevel; atMs: number }>();

  /** @param options.heartbeatMs  HB: a word older than three of them counts for nothing. */
  constructor(options: { readonly clock: Clock; readonly heartbeatMs: number }) {
    this.#clock = options.clock;
    this.#maxAgeMs = 3 * options.heartbeatMs;
  }

  /** A peer has told its health just now. */
  heard(peer: NodeId, level: HealthLevel): void {
    const known = this.#heard.get(peer);
    if (known === undefined) this.#heard.set(peer, { level, atMs: this.#clock.monotonic() });
    else {
      known.level = level;
      known.atMs = this.#clock.monotonic();
    }
  }

  level(peer: NodeId): HealthLevel | "unknown" {
    const known = this.#heard.get(peer);
    return known === undefined || this.#clock.monotonic() - known.atMs > this.#maxAgeMs ? "unknown" : known.level;
  }

  /** Whether leadership may be given to a peer: not to one that is unhealthy, nor to one of which nothing is known. */
  isTransferTarget(peer: NodeId): boolean {
    const level = this.level(peer);
    return level === "healthy" || level === "degraded";
  }
}

/** What a claim says of its sender's health. A sender that is well says nothing. */
export function claimedHealth(claim: { readonly [key: string]: unknown }): HealthLevel {
  const { health } = claim;
  return health === "degraded" || health === "unhealthy" ? health : "healthy";
}
