import type { Clock } from "../../ports/clock.ts";
import type { Observer } from "../../ports/observer.ts";

/**
 * When a new primary may take writes whose predecessor's writes were not replicated to anybody before they were acknowledged.
 *
 * `wait-out`: when no lease of anybody before can be valid any more. `isolate`: when the predecessor is confirmed to be cut off,
 * and otherwise as `wait-out`. `immediate`: at once, and a primary goes on until it hears of a newer one: nothing keeps two from
 * writing at a time (GitHub, October 2018).
 */
export type PromotionPolicy = "wait-out" | "isolate" | "immediate";

export interface PromotionGuardOptions {
  readonly policy: PromotionPolicy;
  readonly clock: Clock;
  readonly observer: Observer;
  /** The longest that a lease of an earlier leadership can last yet when a leadership begins, by this node's clock, ms. */
  readonly waitMs: number;
  /** Has the last primary cut off. @returns whether that is confirmed; false when there is nobody to ask, or nobody to cut off. */
  isolate(epoch: number): Promise<boolean>;
}

/** Holds a promotion back until the predecessor certainly writes no more. */
export class PromotionGuard {
  readonly #options: PromotionGuardOptions;
  #epoch = 0;
  #sinceMs = 0;
  #isIsolated = false;

  constructor(options: PromotionGuardOptions) {
    this.#options = options;
  }

  /** Whether the leadership of `epoch` may begin to write. Its waiting begins with the first question. */
  mayPromote(epoch: number): boolean {
    const { policy, clock, observer, waitMs } = this.#options;
    if (policy === "immediate") return true;
    if (epoch !== this.#epoch) {
      this.#epoch = epoch;
      this.#sinceMs = clock.monotonic();
      this.#isIsolated = false;
      observer.point("promotion.wait", { epoch, policy, waitMs });
      if (policy === "isolate") this.#isolate(epoch);
    }
    return this.#isIsolated || clock.monotonic() - this.#sinceMs > waitMs;
  }

  #isolate(epoch: number): void {
    void this.#options.isolate(epoch).then((isConfirmed) => {
      if (this.#epoch === epoch) this.#isIsolated = isConfirmed;
    });
  }
}

/** How long a lease of `leaseMs` that began just now on the slowest clock lasts on the fastest, ms. */
export function leaseWaitMs(leaseMs: number, rhoPpm: number): number {
  return Math.ceil((leaseMs * (1_000_000 + rhoPpm)) / (1_000_000 - rhoPpm)) + 1;
}
