import type { Clock } from "../../ports/clock.ts";
import type { NodeId } from "../../ports/node.ts";

/** How far this node's wall clock is before a peer's, and by how much that may be wrong. */
interface Reading {
  readonly offsetMs: number;
  readonly errorMs: number;
  readonly atMs: number;
}

/**
 * Compares this node's wall clock with its peers', from answers that carry the peer's reading: it was made at some moment of the
 * round trip, so half of that is the error. What is judged is the middle of all clocks, this node's own among them: of three, the
 * one that was set is found, by itself and by nobody else.
 */
export class ClockOffset {
  readonly #clock: Clock;
  readonly #membersCount: number;
  readonly #maxAgeMs: number;
  readonly #readings = new Map<NodeId, Reading>();

  /** @param options.membersCount  Nodes of the cluster, this one included. @param options.maxAgeMs  An older answer counts for nothing. */
  constructor(options: { readonly clock: Clock; readonly membersCount: number; readonly maxAgeMs: number }) {
    this.#clock = options.clock;
    this.#membersCount = options.membersCount;
    this.#maxAgeMs = options.maxAgeMs;
  }

  /** An answer arrived just now, `roundTripMs` after it was asked for, by the monotonic clock. */
  heard(peer: NodeId, wallMs: number, roundTripMs: number): void {
    const errorMs = roundTripMs / 2;
    const offsetMs = this.#clock.wall() - wallMs - errorMs;
    this.#readings.set(peer, { offsetMs, errorMs, atMs: this.#clock.monotonic() });
  }

  /**
   * How far this node's wall clock is before the middle one of the cluster's at least, ms; negative when it is behind. 0 while fewer
   * than a majority of the clocks are known: those may be the ones that are wrong.
   */
  get offsetMs(): number {
    const oldest = this.#clock.monotonic() - this.#maxAgeMs;
    const fresh = [...this.#readings.values()].filter(({ atMs }) => atMs >= oldest).map(certain);
    if ((fresh.length + 1) * 2 <= this.#membersCount) return 0;
    const all = [...fresh, 0].sort((a, b) => a - b);
    const [low = 0, high = 0] = [all[(all.length - 1) >> 1], all[all.length >> 1]];
    // Of two in the middle the one that says less: half of the clocks accuse nobody.
    return Math.abs(low) < Math.abs(high) ? low : high;
  }
}

/** What of an offset the round trip cannot explain. */
function certain({ offsetMs, errorMs }: Reading): number {
  const size = Math.abs(offsetMs) - errorMs;
  return size <= 0 ? 0 : offsetMs < 0 ? -size : size;
}
