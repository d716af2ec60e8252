import type { Estimator } from "./failure-detector-port.ts";

/** Available while the last evidence is at most `factor` · ET old (the seeds' `heartbeat_timeout_factor`, 1.5). Suspicion is age ÷ limit. */
export class FixedEstimator implements Estimator {
  readonly threshold = 1;
  lastMs = -1;
  readonly #limitMs: number;

  constructor(options: { electionTimeoutMs: number; factor?: number }) {
    this.#limitMs = options.electionTimeoutMs * (options.factor ?? 1.5);
  }
  heartbeat(nowMs: number): void {
    this.lastMs = nowMs;
  }
  phi(nowMs: number): number {
    return this.lastMs < 0 ? Infinity : (nowMs - this.lastMs) / this.#limitMs;
  }
}
