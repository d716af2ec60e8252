// `faultline/components/split-brain`: finds out that this node leads without a majority, and takes away its right to write.
export { SplitBrainDetector } from "./split-brain-detector.ts";
export { SplitBrainCoordinator } from "./split-brain-coordinator.ts";
export type { SplitBrainCoordinatorOptions, SplitBrainEvent, SplitBrainState } from "./split-brain-coordinator.ts";
export { WriteFence } from "./write-fence.ts";
export type { Marker, WriteFenceOptions } from "./write-fence.ts";
export { ResolutionStrategies } from "./strategies.ts";
export type { ResolutionStrategiesOptions, StrategyActions } from "./strategies.ts";
export { ShutdownFlag } from "./shutdown-flag.ts";
export type { ShutdownNote } from "./shutdown-flag.ts";
export {
  clockOffsetSource,
  diskLatencySource,
  diskSpaceSource,
  HealthMonitor,
  replicationLagSource,
} from "./health-monitor.ts";
export { ClockOffset } from "./clock-offset.ts";
export { TimerLag } from "./timer-lag.ts";
export { PeerHealth } from "./peer-health.ts";
export { LeaderWatchdog } from "./leader-watchdog.ts";
export type { LeaderWatchdogOptions } from "./leader-watchdog.ts";
export type { WatchdogPort } from "../../ports/watchdog.ts";
export type { HealthSource } from "./health-monitor.ts";
export type { Clock } from "../../ports/clock.ts";
export type { Disk } from "../../ports/disk.ts";
export { FailStopError, FaultlineError, FenceFailedError, SplitBrainDetectedError } from "../../ports/errors.ts";
export { nodeId } from "../../ports/node-id.ts";
export type { NodeId } from "../../ports/node-id.ts";
export { silentObserver } from "../../ports/observer.ts";
export type { Observer } from "../../ports/observer.ts";
export type * from "../../ports/split-brain.ts";
export type { Timers } from "../../ports/timers.ts";
