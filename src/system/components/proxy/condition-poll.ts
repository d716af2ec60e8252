import type { Clock } from "../../ports/clock.ts";
import type { Timer, Timers } from "../../ports/timers.ts";

interface Wait {
  readonly condition: () => boolean;
  readonly deadlineMs: number;
  end(isMet: boolean): void;
}

/** Waits for conditions that nobody announces, all with one timer, which rests while nobody waits. */
export class ConditionPoll {
  readonly #clock: Clock;
  readonly #timer: Timer;
  readonly #pollMs: number;
  readonly #waits = new Set<Wait>();

  constructor(options: { readonly clock: Clock; readonly timers: Timers; readonly pollMs: number }) {
    this.#clock = options.clock;
    this.#pollMs = options.pollMs;
    this.#timer = options.timers.create("replication position", () => this.#look());
  }

  /**
   * Whether the condition comes true within so long.
   *
   * @throws the signal's reason, when it aborts before that is known.
   */
  wait(condition: () => boolean, limitMs: number, signal?: AbortSignal): Promise<boolean> {
    if (condition()) return Promise.resolve(true);
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const end = (): void => {
        this.#waits.delete(wait);
        signal?.removeEventListener("abort", onAbort);
      };
      const fail: (reason: unknown) => void = reject;
      const onAbort = (): void => {
        end();
        fail(signal?.reason);
      };
      const wait: Wait = {
        condition,
        deadlineMs: this.#clock.monotonic() + limitMs,
        end: (isMet) => {
          end();
          resolve(isMet);
        },
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#waits.add(wait);
      if (!this.#timer.isArmed) this.#timer.arm(this.#pollMs);
    });
  }

  #look(): void {
    const now = this.#clock.monotonic();
    for (const wait of [...this.#waits]) {
      // A process that was paused may find that both are so: what has come true is no longer too late.
      if (wait.condition()) wait.end(true);
      else if (now >= wait.deadlineMs) wait.end(false);
    }
    if (this.#waits.size > 0) this.#timer.arm(this.#pollMs);
  }
}
