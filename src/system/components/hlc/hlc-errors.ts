import { FaultlineError } from "../../ports/errors.ts";

/** A stamp that no clock of this kind can have made, or a text that is none. */
export class HlcStampError extends FaultlineError {
  constructor(message: string, facts: Readonly<Record<string, unknown>>) {
    super("HLC_STAMP", message, facts);
  }
}

/** A received stamp lies too far in the future. The receiving clock is as it was before. */
export class HlcOffsetError extends FaultlineError {
  constructor(facts: { remote: string; aheadMs: number; maxOffsetMs: number }) {
    super(
      "HLC_OFFSET",
      `stamp ${facts.remote} is ${String(facts.aheadMs)} ms ahead of this node's clock; at most ${String(facts.maxOffsetMs)} ms are believed. One of the two clocks is wrong.`,
      facts,
    );
  }
}

/** The counter of one millisecond is used up and the clock may not run further ahead of physical time. It never wraps. */
export class HlcOverflowError extends FaultlineError {
  constructor(facts: { ms: number; counter: number; referenceMs: number; maxOffsetMs: number }) {
    super(
      "HLC_OVERFLOW",
      `no stamp follows (${String(facts.ms)}, ${String(facts.counter)}) within ${String(facts.maxOffsetMs)} ms of physical time ${String(facts.referenceMs)}. Wait for physical time.`,
      facts,
    );
  }
}

/**
 * The stamp would lie beyond the durable bound, so that a restart might give it out again. Nothing has changed; the bound is
 * being renewed, and the call may be repeated (the `WhenDurable` methods do).
 */
export class HlcBoundError extends FaultlineError {
  constructor(facts: { ms: number; boundMs: number }) {
    super(
      "HLC_BOUND",
      `a stamp of ${String(facts.ms)} ms is not below the durable bound ${String(facts.boundMs)} ms. Repeat once the bound is renewed.`,
      facts,
    );
  }
}
