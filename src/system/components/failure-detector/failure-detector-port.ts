import type { NodeId } from "../../ports/node.ts";

/** One judge of who is there, whatever its estimate is made of. */
export interface FailureDetectorPort {
  /** Evidence of life: a round trip with `peer` was acknowledged just now. */
  heartbeat(peer: NodeId): void;
  /** Suspicion of `peer`, ≥ 0, larger is worse; what it means depends on the estimator. 0 for this node itself. */
  phi(peer: NodeId): number;
  /** Whether `peer` is taken to be reachable. A peer never heard is not. */
  available(peer: NodeId): boolean;
  /** Milliseconds since the last acknowledged round trip; 0 for this node itself, `Infinity` when there never was one. */
  lastHeartbeatFrom(peer: NodeId): number;
}

/** Judges one peer from the arrival times of its acknowledgements. */
export interface Estimator {
  /** @param nowMs Arrival, monotonic ms. @param roundTripMs How long the round trip took. */
  heartbeat(nowMs: number, roundTripMs: number): void;
  /** Suspicion at `nowMs`; the peer is unavailable when it exceeds {@link threshold}. */
  phi(nowMs: number): number;
  readonly threshold: number;
  /** Monotonic ms of the last evidence; −1 for none. */
  readonly lastMs: number;
}
