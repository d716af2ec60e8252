import { assert } from "../../ports/errors.ts";

/** Opens on the share of failures among recent calls instead of on a run of them. */
export interface SlidingWindow {
  /** `count`: the last `size` calls. `time`: calls that ended within the last `size` ms. */
  readonly kind: "count" | "time";
  /** Integer ≥ 1: calls or ms. */
  readonly size: number;
  /** Failures of 100 calls at which it opens, integer 1…100. */
  readonly failurePercent: number;
  /** Fewer calls than this in the window prove nothing. Integer ≥ 1, at most `size` for `count`. */
  readonly callsMin: number;
}

export interface BreakerConfig {
  /** Consecutive failures that open it. Not used with a `window`. Default 5. */
  readonly failureThreshold: number;
  /** How long it stays open, ms of the monotonic clock. Default 60_000. */
  readonly recoveryTimeoutMs: number;
  /** Consecutive successful probes that close it. Default 2. */
  readonly successThreshold: number;
  /** Probes in flight at once while half-open. Default 1. */
  readonly halfOpenCallsMax: number;
  /** A call that takes this long has failed, ms. Default 10_000. */
  readonly callTimeoutMs: number;
  readonly window?: SlidingWindow;
}

/** Fills in the defaults. @throws {FaultlineError} for a value out of its range. */
export function breakerConfig(given: Partial<BreakerConfig>): BreakerConfig {
  const config: BreakerConfig = {
    failureThreshold: given.failureThreshold ?? 5,
    recoveryTimeoutMs: given.recoveryTimeoutMs ?? 60_000,
    successThreshold: given.successThreshold ?? 2,
    halfOpenCallsMax: given.halfOpenCallsMax ?? 1,
    callTimeoutMs: given.callTimeoutMs ?? 10_000,
    ...(given.window === undefined ? {} : { window: given.window }),
  };
  const { window, ...counts } = config;
  for (const [key, got] of Object.entries(counts)) atLeastOne(key, got);
  if (window === undefined) return config;
  atLeastOne("window.size", window.size);
  atLeastOne("window.callsMin", window.callsMin);
  atLeastOne("window.failurePercent", window.failurePercent);
  assert(window.failurePercent <= 100, "window.failurePercent is at most 100", { got: window.failurePercent });
  assert(window.kind === "time" || window.callsMin <= window.size, "window.callsMin fits the window", { ...window });
  return config;
}

function atLeastOne(key: string, got: number): void {
  assert(Number.isSafeInteger(got) && got >= 1, `${key} is an integer ≥ 1`, { got });
}
