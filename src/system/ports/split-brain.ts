import type { NodeId } from "./node.ts";

/** How well a node is, in more than one bit (seed 000 promises the three levels, its type has only the bit). */
export type HealthLevel = "healthy" | "degraded" | "unhealthy";

/** Health of a node at one moment. */
export interface HealthStatus {
  /** False only for `unhealthy`. */
  readonly isHealthy: boolean;
  readonly level: HealthLevel;
  /** Wall time of the check, seconds since the epoch. */
  readonly lastCheck: number;
  /** Why it is not healthy (`"disk_slow"`, `"disk_full"`). */
  readonly reason?: string;
}

/** What to do with a node that led without a quorum. */
export type ConflictResolutionStrategy = "rollback_to_checkpoint" | "force_replica" | "shutdown_safe";

/** Detects that this node leads, or could write, although the cluster has gone on without it. */
export interface SplitBrainDetectorPort {
  /** Whether a strict majority answers round trips. One-way receipt does not count. */
  hasQuorum(): boolean;
  /** Elected leader and quorum. */
  canCommitWrites(): boolean;
  /** Seconds since the last acknowledged round trip with `node`; 0 when just now or for this node, `Infinity` when never. */
  lastHeartbeatFrom(node: string): number;
  /** Elected, and without a quorum. */
  detectStaleLeadership(): boolean;
}

/** Takes away, and gives back, a node's right to write. */
export interface ConflictResolutionPort {
  /**
   * Closes the write gate at once, before it returns its promise; resolves when the fence was written and read back.
   * Any number of calls is one.
   *
   * @throws {FenceFailedError} when the fence could not be verified: the node must be taken for unfenced on disk.
   */
  fenceWriteAccess(): Promise<void>;
  /** @throws {SplitBrainDetectedError} when the strategy fails, is not supported by this store, or is not known. */
  applyResolutionStrategy(strategy: ConflictResolutionStrategy): Promise<void>;
  /**
   * Reopens the gate for a new leadership.
   *
   * @param epoch Term of the leadership; larger than that of the fence.
   * @throws {FenceFailedError} when the node may not write, or the marker could not be verified.
   */
  restoreWriteAccess(epoch: number): Promise<void>;
}

/** Reports a node's own health. */
export interface HealthStatePort {
  getHealthStatus(): HealthStatus;
  /** Replaces the status. It never changes who counts for a quorum: an unhealthy voter is still a voter. */
  updateHealth(status: HealthStatus): void;
}

/** A device that can cut a host off, whatever the host itself thinks (STONITH). */
export interface HostIsolationPort {
  /**
   * Asks for the isolation of a host. Idempotent; ignored when `epoch` is older than the last one for that host.
   *
   * @returns whether the device confirmed it. Not confirmed: the successor must wait until the old lease has ended.
   */
  isolate(node: NodeId, epoch: number): Promise<{ readonly isConfirmed: boolean }>;
}

export interface PrimaryDetectorPort {
  isPrimary(): boolean;
}

export interface NodeIdResolverPort {
  resolveNodeId(): string;
}

/** The coordinator's view of who may lead here: the part of `FailoverCoordinator` it needs. */
export interface FailoverPort {
  readonly state: "primary" | "replica";
  readonly leaderElection: { demoteFromLeader(): void; isLeaderElected(): boolean };
  coordinateTransition(): void;
}

type Method = (...args: never[]) => unknown;

function hasMethods(value: unknown, names: readonly string[]): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    names.every((name) => typeof (value as Record<string, Method>)[name] === "function")
  );
}

/** The seeds' `@runtime_checkable`: whether a value has the port's methods. */
export function isSplitBrainDetectorPort(value: unknown): value is SplitBrainDetectorPort {
  return hasMethods(value, ["hasQuorum", "canCommitWrites", "lastHeartbeatFrom", "detectStaleLeadership"]);
}
/** The seeds' `@runtime_checkable`: whether a value has the port's methods. */
export function isConflictResolutionPort(value: unknown): value is ConflictResolutionPort {
  return hasMethods(value, ["fenceWriteAccess", "applyResolutionStrategy", "restoreWriteAccess"]);
}
/** The seeds' `@runtime_checkable`: whether a value has the port's methods. */
export function isHealthStatePort(value: unknown): value is HealthStatePort {
  return hasMethods(value, ["getHealthStatus", "updateHealth"]);
}
