import type { Estimator } from "./failure-detector-port.ts";

/**
 * Available for SRTT + 4·RTTVAR after the next heartbeat was due, clamped to [2·HB, ET] (Jacobson's estimator, RFC 6298).
 * Suspicion is age ÷ limit.
 */
export class AdaptiveEstimator implements Estimator {
  readonly threshold = 1;
  lastMs = -1;
  readonly #heartbeatMs: number;
  readonly #minMs: number;
  readonly #maxMs: number;
  #smoothedMs = -1;
  #variationMs = 0;

  constructor(options: { heartbeatMs: number; electionTimeoutMs: number }) {
    this.#heartbeatMs = options.heartbeatMs;
    this.#minMs = 2 * options.heartbeatMs;
    this.#maxMs = options.electionTimeoutMs;
  }
  heartbeat(nowMs: number, roundTripMs: number): void {
    this.lastMs = nowMs;
    if (this.#smoothedMs < 0) {
      this.#smoothedMs = roundTripMs;
      this.#variationMs = roundTripMs / 2;
      return;
    }
    this.#variationMs = 0.75 * this.#variationMs + 0.25 * Math.abs(this.#smoothedMs - roundTripMs);
    this.#smoothedMs = 0.875 * this.#smoothedMs + 0.125 * roundTripMs;
  }
  phi(nowMs: number): number {
    return this.lastMs < 0 ? Infinity : (nowMs - this.lastMs) / this.limitMs;
  }
  /** Age at which the peer becomes unavailable. */
  get limitMs(): number {
    const limit = this.#heartbeatMs + this.#smoothedMs + 4 * this.#variationMs;
    return limit < this.#minMs ? this.#minMs : limit > this.#maxMs ? this.#maxMs : limit;
  }
}
