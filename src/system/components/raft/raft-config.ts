import { LiteFSConfigError } from "../../ports/errors.ts";
import type { NodeId } from "../../ports/node.ts";

/** Timing and rules of one Raft group. All times are integer ms of the node's monotonic clock. */
export interface RaftConfig {
  /** Minimum election timeout ET; each timer is drawn from [ET, 2·ET). Default 300. */
  readonly electionTimeoutMs: number;
  /** Interval HB of a leader's heartbeats. Default 50. */
  readonly heartbeatMs: number;
  /** Length of the leader's lease, counted from the *send* time of an acknowledged heartbeat. Default 0.75·ET, rounded down. */
  readonly leaseMs: number;
  /** Bound on the clock-rate error, parts per million. Default 10,000 (rho = 0.01). */
  readonly rhoPpm: number;
  /** Entries one append carries at most. Default 64. */
  readonly batchMax: number;
  /** Appends under way to one follower at most. Default 8. */
  readonly windowMax: number;
  /**
   * Applied entries after which a snapshot takes the place of the log; half as many stay for followers that lag. Default 8,192, as
   * hashicorp/raft has it: a snapshot costs as much as the state is large, whatever was written since.
   */
  readonly snapshotEntries: number;
}

/** Fills in the defaults and refuses what cannot be safe. @throws {LiteFSConfigError} `RAFT_CONFIG` */
export function raftConfig(given: Partial<RaftConfig> = {}): RaftConfig {
  const electionTimeoutMs = given.electionTimeoutMs ?? 300;
  const config: RaftConfig = {
    electionTimeoutMs,
    heartbeatMs: given.heartbeatMs ?? 50,
    leaseMs: given.leaseMs ?? Math.floor((electionTimeoutMs * 3) / 4),
    rhoPpm: given.rhoPpm ?? 10_000,
    batchMax: given.batchMax ?? 64,
    windowMax: given.windowMax ?? 8,
    snapshotEntries: given.snapshotEntries ?? 8_192,
  };
  for (const [key, value] of Object.entries(config) as [keyof RaftConfig, number][]) {
    if (!Number.isSafeInteger(value) || value < (key === "rhoPpm" ? 0 : 1)) {
      throw new LiteFSConfigError("RAFT_CONFIG", `${key} must be a positive integer; got ${String(value)}.`, {
        key,
        value,
      });
    }
  }
  if (config.heartbeatMs >= config.electionTimeoutMs) {
    throw new LiteFSConfigError(
      "RAFT_CONFIG",
      `heartbeatMs (${String(config.heartbeatMs)}) must be smaller than electionTimeoutMs (${String(config.electionTimeoutMs)}). Advised: a fifth of it or less.`,
      { ...config },
    );
  }
  // A lease measured on the slowest clock must end before the fastest voter may vote for somebody else.
  if (config.leaseMs * (1_000_000 + config.rhoPpm) > config.electionTimeoutMs * (1_000_000 - config.rhoPpm)) {
    throw new LiteFSConfigError(
      "RAFT_CONFIG",
      `leaseMs (${String(config.leaseMs)}) · (1 + rho) must not exceed electionTimeoutMs (${String(config.electionTimeoutMs)}) · (1 − rho). Shorten the lease.`,
      { ...config },
    );
  }
  return config;
}

/** A node and its peers, ordered by code unit. */
export function votersOf(id: NodeId, peers: readonly NodeId[]): readonly NodeId[] {
  return [id, ...peers].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}
