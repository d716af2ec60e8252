import type { Clock } from "../../ports/clock.ts";
import type { HealthLevel } from "../../ports/split-brain.ts";
import type { HealthSource } from "./health-monitor.ts";

/** So many late rounds in a row are no accident any more. */
const ROUNDS = 3;

/**
 * Judges how late a periodic timer runs: a process whose event loop is behind answers nobody in time. One late round says that it
 * was away and is back (a pause, a collection of garbage), which is no illness; {@link ROUNDS} in a row are one.
 *
 * Unhealthy when the best of the last rounds was later than ET, degraded when it was later than a quarter.
 */
export class TimerLag implements HealthSource {
  readonly reason = "event_loop_lag";
  readonly #clock: Clock;
  readonly #periodMs: number;
  readonly #electionTimeoutMs: number;
  readonly #lagMs: number[] = [];
  #lastMs = -1;

  constructor(options: { readonly clock: Clock; readonly periodMs: number; readonly electionTimeoutMs: number }) {
    this.#clock = options.clock;
    this.#periodMs = options.periodMs;
    this.#electionTimeoutMs = options.electionTimeoutMs;
  }

  /** The timer ran. */
  ran(): void {
    const now = this.#clock.monotonic();
    if (this.#lastMs >= 0) {
      this.#lagMs.push(now - this.#lastMs - this.#periodMs);
      if (this.#lagMs.length > ROUNDS) this.#lagMs.shift();
    }
    this.#lastMs = now;
  }

  level(): HealthLevel {
    if (this.#lagMs.length < ROUNDS) return "healthy";
    const best = Math.min(...this.#lagMs);
    return best > this.#electionTimeoutMs ? "unhealthy" : best * 4 > this.#electionTimeoutMs ? "degraded" : "healthy";
  }
}
