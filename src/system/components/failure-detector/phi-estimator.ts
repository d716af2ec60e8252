import type { Estimator } from "./failure-detector-port.ts";

const WINDOW = 1000;
const PHI_MAX = 300;

/**
 * The phi-accrual detector: suspicion is −log10 of the probability that the next heartbeat is only late.
 *
 * The tail of the normal distribution is the logistic approximation Akka uses, 1 / (1 + e^{y(1.5976 + 0.070566·y²)}), so that
 * phi = log10(1 + e^x). Both are computed with the four basic operations alone: the same bits on every machine.
 *
 * @see Hayashibara et al. 2004; Akka's PhiAccrualFailureDetector for the pause allowance and the floor of sigma.
 */
export class PhiEstimator implements Estimator {
  readonly threshold: number;
  lastMs = -1;
  readonly #pauseMs: number;
  readonly #sigmaFloorMs: number;
  readonly #outlierMs: number;
  readonly #intervals: number[] = [];
  #next = 0;
  #sum = 0;
  #squares = 0;

  constructor(options: { heartbeatMs: number; threshold?: number; acceptablePauseMs?: number; sigmaFloorMs?: number }) {
    const { heartbeatMs } = options;
    this.threshold = options.threshold ?? 8;
    this.#pauseMs = options.acceptablePauseMs ?? heartbeatMs;
    this.#sigmaFloorMs = options.sigmaFloorMs ?? heartbeatMs / 2;
    this.#outlierMs = 10 * heartbeatMs;
    // The first estimate is seeded with two intervals that give the expected mean and a wide deviation.
    this.#add(heartbeatMs - heartbeatMs / 4);
    this.#add(heartbeatMs + heartbeatMs / 4);
  }
  heartbeat(nowMs: number): void {
    if (this.lastMs >= 0) this.#add(Math.min(nowMs - this.lastMs, this.#outlierMs));
    this.lastMs = nowMs;
  }
  phi(nowMs: number): number {
    if (this.lastMs < 0) return Infinity;
    const mean = this.#sum / this.#intervals.length;
    const variance = this.#squares / this.#intervals.length - mean * mean;
    const sigma = Math.max(Math.sqrt(variance > 0 ? variance : 0), this.#sigmaFloorMs);
    const y = (nowMs - this.lastMs - mean - this.#pauseMs) / sigma;
    return log10OnePlusExp(y * (1.5976 + 0.070566 * y * y));
  }

  #add(interval: number): void {
    const old = this.#intervals.length === WINDOW ? (this.#intervals[this.#next] as number) : undefined;
    if (old !== undefined) {
      this.#sum -= old;
      this.#squares -= old * old;
    }
    this.#intervals[this.#next] = interval;
    this.#next = (this.#next + 1) % WINDOW;
    this.#sum += interval;
    this.#squares += interval * interval;
  }
}

const LOG10_E = 0.4342944819032518;
const LOG10_2 = 0.3010299956639812;

/** log10(1 + e^x) for any x, clamped to [0, 300]; absolute error below 1e-9. */
export function log10OnePlusExp(x: number): number {
  if (x <= -40) return 0;
  if (x >= 40) return Math.min(x * LOG10_E, PHI_MAX);
  let value = 1 + expOf(x);
  let halvings = 0;
  while (value >= 2) {
    value /= 2;
    halvings++;
  }
  // ln(v) = 2·artanh((v−1)/(v+1)) for v in [1, 2).
  const z = (value - 1) / (value + 1);
  let term = z;
  let sum = 0;
  for (let k = 1; k <= 29; k += 2) {
    sum += term / k;
    term *= z * z;
  }
  return halvings * LOG10_2 + 2 * sum * LOG10_E;
}

/** e^x for |x| ≤ 40: Taylor series of x/64, squared six times. */
function expOf(x: number): number {
  const r = x / 64;
  let term = 1;
  let sum = 1;
  for (let k = 1; k <= 16; k++) {
    term *= r / k;
    sum += term;
  }
  for (let i = 0; i < 6; i++) sum *= sum;
  return sum;
}
