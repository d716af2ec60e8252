import { ackImpliesCommit } from "./ack-implies-commit.ts";
import { breakerEdges } from "./breaker-edges.ts";
import { breakerExact } from "./breaker-exact.ts";
import { breakerOpenZero } from "./breaker-open-zero.ts";
import { breakerProbeLimit } from "./breaker-probe-limit.ts";
import { breakerRecovers } from "./breaker-recovers.ts";
import type { Checker } from "./checker.ts";
import { coordinatorEdges } from "./coordinator-edges.ts";
import { cutOffLeaderStops } from "./cut-off-leader-stops.ts";
import { detectorTruth } from "./detector-truth.ts";
import { electionSafety } from "./election-safety.ts";
import { fenceEffective } from "./fence-effective.ts";
import { fenceIdempotent } from "./fence-idempotent.ts";
import { fencingGrows } from "./fencing-grows.ts";
import { haltExclusive } from "./halt-exclusive.ts";
import { healedNodesRejoin } from "./healed-nodes-rejoin.ts";
import { heartbeatTruth } from "./heartbeat-truth.ts";
import { hlcCausal } from "./hlc-causal.ts";
import { hlcDrift } from "./hlc-drift.ts";
import { hlcEncoding } from "./hlc-encoding.ts";
import { hlcStrict } from "./hlc-strict.ts";
import { leaderCompleteness } from "./leader-completeness.ts";
import { leaderExists } from "./leader-exists.ts";
import { leaseDisjointness } from "./lease-disjointness.ts";
import { linearizable } from "./linearizable.ts";
import { lockMutex } from "./lock-mutex.ts";
import { lockOwnership } from "./lock-ownership.ts";
import { lockProgress } from "./lock-progress.ts";
import { logMatching } from "./log-matching.ts";
import { monotonicReads } from "./monotonic-reads.ts";
import { noDuplicateReceipt } from "./no-duplicate-receipt.ts";
import { noFalseAlarm } from "./no-false-alarm.ts";
import { noLostAck } from "./no-lost-ack.ts";
import { noLostReceipt } from "./no-lost-receipt.ts";
import { noPrematureUnfence } from "./no-premature-unfence.ts";
import { noStaleEpoch } from "./no-stale-epoch.ts";
import { noStaleRead } from "./no-stale-read.ts";
import { noUncaughtException } from "./no-uncaught-exception.ts";
import { proxiedRequestsEnd } from "./proxied-requests-end.ts";
import { quorumLegality } from "./quorum-legality.ts";
import { readYourWrites } from "./read-your-writes.ts";
import { receiptOrder } from "./receipt-order.ts";
import { receiptsDrain } from "./receipts-drain.ts";
import { replicaLineage } from "./replica-lineage.ts";
import { singlePrimary } from "./single-primary.ts";
import { stableLeadership } from "./stable-leadership.ts";
import { stateMachineSafety } from "./state-machine-safety.ts";
import { strategyPost } from "./strategy-post.ts";
import { transientStatesEnd } from "./transient-states-end.ts";
import { voteDurability } from "./vote-durability.ts";
import { writeGate } from "./write-gate.ts";

/** Every checker of this package, in the order of its invariants. */
export const CATALOGUE: readonly Checker[] = [
  electionSafety,
  logMatching,
  leaderCompleteness,
  stateMachineSafety,
  voteDurability,
  quorumLegality,
  leaseDisjointness,
  singlePrimary,
  noStaleEpoch,
  ackImpliesCommit,
  noLostAck,
  linearizable,
  fenceEffective,
  fenceIdempotent,
  noPrematureUnfence,
  coordinatorEdges,
  detectorTruth,
  heartbeatTruth,
  noStaleRead,
  readYourWrites,
  monotonicReads,
  replicaLineage,
  lockMutex,
  lockOwnership,
  fencingGrows,
  breakerEdges,
  breakerOpenZero,
  breakerProbeLimit,
  breakerExact,
  hlcStrict,
  hlcCausal,
  hlcDrift,
  hlcEncoding,
  noDuplicateReceipt,
  noLostReceipt,
  receiptOrder,
  writeGate,
  haltExclusive,
  strategyPost,
  leaderExists,
  cutOffLeaderStops,
  healedNodesRejoin,
  stableLeadership,
  breakerRecovers,
  receiptsDrain,
  noFalseAlarm,
  lockProgress,
  proxiedRequestsEnd,
  transientStatesEnd,
  noUncaughtException,
];
