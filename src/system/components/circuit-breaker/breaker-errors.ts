import { FaultlineError } from "../../ports/errors.ts";

/** The breaker refused the call; the dependency was not called. */
export class CircuitOpenError extends FaultlineError {
  /** Ms after which a call may be let through, ≥ 0. */
  readonly retryAfterMs: number;
  constructor(facts: { breaker: string; state: string; retryAfterMs: number }) {
    super(
      "CIRCUIT_OPEN",
      `${facts.breaker || "the breaker"} is ${facts.state}; the call was not made. Retry in ${String(facts.retryAfterMs)} ms.`,
      facts,
    );
    this.retryAfterMs = facts.retryAfterMs;
  }
}

/** The call had not ended within the call timeout. Whether the dependency acted on it is not known. */
export class CallTimeoutError extends FaultlineError {
  constructor(facts: { breaker: string; callTimeoutMs: number }) {
    super(
      "CALL_TIMEOUT",
      `a call through ${facts.breaker || "the breaker"} had no result within ${String(facts.callTimeoutMs)} ms; it may have taken effect.`,
      facts,
    );
  }
}
