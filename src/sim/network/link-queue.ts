import type { Micros } from "../../trace/record.ts";

/** Messages on the way over one link, of which there may be so many at once. */
export class LinkQueue {
  readonly #max: number;
  /** When each arrives, by the kernel's number of its arrival; `Infinity` while the link holds it. */
  readonly #arrivals = new Map<number, Micros>();

  /** @param max Messages at once, from 1. */
  constructor(max: number) {
    this.#max = max;
  }

  isFull(now: Micros): boolean {
    for (const [packed, arrivesAt] of this.#arrivals) if (arrivesAt <= now) this.#arrivals.delete(packed);
    return this.#arrivals.size >= this.#max;
  }

  /** Counts a message until it arrives. */
  put(packed: number, arrivesAt: Micros): void {
    this.#arrivals.set(packed, arrivesAt);
  }

  /** A message that was held goes on; one that was never counted here is nothing to it. */
  release(packed: number, arrivesAt: Micros): void {
    if (this.#arrivals.has(packed)) this.#arrivals.set(packed, arrivesAt);
  }
}
