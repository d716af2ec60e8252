import type { PrimaryDetectorPort } from "../../ports/split-brain.ts";
import type { SplitBrainEvent, SplitBrainState } from "../split-brain/split-brain-coordinator.ts";

/**
 * What the guard needs of a split-brain coordinator.
 *
 * Contract: a check moves `state` away from `healthy` before its first await, so that a write is refused in the same turn; and a
 * check that cannot be made moves it too, or throws. `SplitBrainCoordinator` does both.
 */
export interface GuardCoordinator {
  readonly state: SplitBrainState;
  checkAndResolveSplitBrain(): Promise<SplitBrainState>;
}

/** Whether this node is the primary, and who is if it is not. */
export interface GuardPrimary extends PrimaryDetectorPort {
  /** Host of the primary, as the application's clients reach it; `undefined` when nobody is known. */
  primaryHostname?(): string | undefined;
}

/**
 * What the guard goes by: the coordinator's state, or `off` (not opted in), `starting` (no check has succeeded yet), `broken`
 * (the coordinator could not be made, or a check threw or did not end). Writes pass in `off` and `healthy` alone.
 */
export type GuardState = SplitBrainState | "off" | "starting" | "broken";

/** A change of the guard's state. */
export interface GuardEdge {
  readonly state: GuardState;
  readonly from: GuardState;
  readonly reason: string;
}

/** What receivers of `splitBrainDetected` are given: seed 003's signal with the event of seed 000. */
export interface SplitBrainSignal {
  readonly status: { readonly isSplitBrain: boolean; readonly state: SplitBrainState };
  readonly event: SplitBrainEvent;
}

/** What made the guard look. */
export type CheckCause = "start" | "count" | "time" | "write";

export function isSplit(state: GuardState): state is SplitBrainState {
  return state === "split_brain_detected" || state === "resolved" || state === "failed";
}
