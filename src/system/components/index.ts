// The components, for use without any simulator: each takes only the ports it needs.
export { HlcClock } from "./hlc/hlc-clock.ts";
export type { DurableHlcClockOptions, HlcClockOptions, HlcStats } from "./hlc/hlc-clock.ts";
export { HlcBoundError, HlcOffsetError, HlcOverflowError, HlcStampError } from "./hlc/hlc-errors.ts";
export { compareStamps, decodeStamp, encodeStamp } from "./hlc/stamp.ts";
export type { HlcStamp } from "./hlc/stamp.ts";
export { CircuitBreaker } from "./circuit-breaker/circuit-breaker.ts";
export type { BreakerState, BreakerStats, CircuitBreakerOptions } from "./circuit-breaker/circuit-breaker.ts";
export type { BreakerConfig, SlidingWindow } from "./circuit-breaker/breaker-config.ts";
export { CallTimeoutError, CircuitOpenError } from "./circuit-breaker/breaker-errors.ts";
export { PingFailureDetector } from "./failure-detector/ping-failure-detector.ts";
export type { DetectorKind, PingFailureDetectorOptions } from "./failure-detector/ping-failure-detector.ts";
export type { Estimator, FailureDetectorPort } from "./failure-detector/failure-detector-port.ts";
export { LockLostError } from "./lock/lock-port.ts";
export type { AcquireOptions, Acquisition, HeldLock, LockLoss, LockPort, ReleaseOutcome } from "./lock/lock-port.ts";
export { DiskEpochBook } from "./lock/disk-epoch-book.ts";
export type { DiskEpochBookOptions } from "./lock/disk-epoch-book.ts";
export { EpochBook } from "./lock/epoch-book.ts";
export { fencingEpoch, RedisLock } from "./lock/redis-lock.ts";
export type { RedisLockOptions } from "./lock/redis-lock.ts";
export { RaftNode } from "./raft/raft-node.ts";
export type { RaftOptions, RaftRole } from "./raft/raft-node.ts";
export { raftConfig } from "./raft/raft-config.ts";
export type { RaftConfig } from "./raft/raft-config.ts";
export { RaftLeaderElection } from "./raft/raft-election-port.ts";
export type { Command, ProposalOutcome } from "./raft/leadership.ts";
export { SplitBrainDetector } from "./split-brain/split-brain-detector.ts";
export { SplitBrainCoordinator } from "./split-brain/split-brain-coordinator.ts";
export type {
  SplitBrainCoordinatorOptions,
  SplitBrainEvent,
  SplitBrainState,
} from "./split-brain/split-brain-coordinator.ts";
export { WriteFence } from "./split-brain/write-fence.ts";
export type { Marker, WriteFenceOptions } from "./split-brain/write-fence.ts";
export { diskLatencySource, HealthMonitor } from "./split-brain/health-monitor.ts";
export type { HealthSource } from "./split-brain/health-monitor.ts";
export { FailoverCoordinator } from "./failover/failover-coordinator.ts";
export type { FailoverCoordinatorOptions, FailoverEvent, NodeState } from "./failover/failover-coordinator.ts";
export { WriteGate } from "./failover/write-gate.ts";
export type { WriteGateFacts, WriteRefusal } from "./failover/write-gate.ts";
export { KvStore } from "./replication/kv-store.ts";
export type { KvWrite } from "./replication/kv-store.ts";
export { OfdError } from "./receipts/ofd-port.ts";
export type { OfdAcceptance, OfdErrorCode, OfdPort, OfdRegistration } from "./receipts/ofd-port.ts";
export { OfdRegister } from "./receipts/ofd-register.ts";
export type { OfdArrival, OfdRegisterOptions, OfdVerdict } from "./receipts/ofd-register.ts";
export { parseOfdMode } from "./receipts/ofd-modes.ts";
export type { OfdMode } from "./receipts/ofd-modes.ts";
export { DiskOfdJournal } from "./receipts/ofd-journal.ts";
export type { AcceptedReceipt, OfdEntry, OfdJournal } from "./receipts/ofd-journal.ts";
export type * from "../ports/split-brain.ts";
export type * from "../ports/leader-election.ts";
export { RedisError } from "../ports/redis.ts";
export type { RedisErrorCode, RedisPort, RedisReply, RedisSetOptions } from "../ports/redis.ts";
export { FailStopError, FaultlineError, FenceFailedError, SplitBrainDetectedError } from "../ports/errors.ts";
