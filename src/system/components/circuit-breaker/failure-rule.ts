import type { BreakerConfig, SlidingWindow } from "./breaker-config.ts";

/** Decides, call by call, whether a closed breaker opens. */
export interface FailureRule {
  /** A call ended. @returns whether the breaker opens now. */
  add(isFailure: boolean, nowMs: number): boolean;
  /** Failures that count at present. */
  readonly failureCount: number;
}

export function failureRule(config: BreakerConfig): FailureRule {
  return config.window === undefined ? new ConsecutiveRule(config.failureThreshold) : new WindowRule(config.window);
}

/** A success wipes the slate. */
class ConsecutiveRule implements FailureRule {
  readonly #threshold: number;
  #failures = 0;

  constructor(threshold: number) {
    this.#threshold = threshold;
  }
  get failureCount(): number {
    return this.#failures;
  }
  add(isFailure: boolean): boolean {
    this.#failures = isFailure ? this.#failures + 1 : 0;
    return this.#failures >= this.#threshold;
  }
}

class WindowRule implements FailureRule {
  readonly #window: SlidingWindow;
  readonly #calls: { readonly isFailure: boolean; readonly atMs: number }[] = [];
  #failures = 0;

  constructor(window: SlidingWindow) {
    this.#window = window;
  }
  get failureCount(): number {
    return this.#failures;
  }
  add(isFailure: boolean, nowMs: number): boolean {
    this.#calls.push({ isFailure, atMs: nowMs });
    if (isFailure) this.#failures++;
    this.#forget(nowMs);
    const { callsMin, failurePercent } = this.#window;
    const calls = this.#calls.length;
    return isFailure && calls >= callsMin && this.#failures * 100 >= failurePercent * calls;
  }

  #forget(nowMs: number): void {
    const { kind, size } = this.#window;
    for (;;) {
      const oldest = this.#calls[0];
      if (oldest === undefined) return;
      if (kind === "count" ? this.#calls.length <= size : nowMs - oldest.atMs < size) return;
      this.#calls.shift();
      if (oldest.isFailure) this.#failures--;
    }
  }
}
