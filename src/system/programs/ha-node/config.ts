import type { ConflictResolutionStrategy } from "../../ports/split-brain.ts";
import type { NodeId } from "../../ports/node-id.ts";
import type { FoundingGroup } from "../../components/raft/group-config.ts";
import type { PromotionPolicy } from "../../components/failover/promotion-guard.ts";
import type { DetectorKind } from "../../components/failure-detector/ping-failure-detector.ts";
import type { GuardedFrontConfig } from "./guarded-front.ts";

/** How replicas take writes, by right of a halt lock. Times are integer ms. */
export interface HaltConfig {
  /** How long a lock lasts, by the primary's clock. Default 30 s. */
  readonly ttlMs?: number;
  /** A write that has waited so long for the lock at a replica is refused. Default 10 s. */
  readonly acquireTimeoutMs?: number;
  /** How often the primary looks whether a lock has expired, beside at each write. Default 5 s. */
  readonly sweepMs?: number;
  /** For how long a replica keeps the lock while writes come. Default 1 s. */
  readonly keepMs?: number;
}

/** Configuration of an `ha-node`. Times are integer ms. Everything has a default. */
export interface HaNodeConfig {
  /** Minimum election timeout ET. Default 300. */
  readonly electionTimeoutMs?: number;
  /** Heartbeat interval HB. Default 50. */
  readonly heartbeatMs?: number;
  /** Leader lease. Default 0.75·ET. */
  readonly leaseMs?: number;
  /** Poll period of the coordinator. Default 100. */
  readonly pollMs?: number;
  /** `strict` (default): a write needs a live lease. `off`: the seeds' own behaviour, the marker alone decides. */
  readonly leases?: "strict" | "off";
  /** How peers are judged. Default `fixed`. */
  readonly detector?: DetectorKind;
  /** Node id of an isolation device, when there is one. */
  readonly isolation?: string;
  /** Log entries one append carries at most. Default 64. */
  readonly batchMax?: number;
  /** Applied entries after which a snapshot takes the place of the log. Default 8,192. */
  readonly snapshotEntries?: number;
  /** `quorum` (default): a write is answered when a majority has it. `async`: when the primary's own disk has it; replicas follow. */
  readonly durability?: "quorum" | "async";
  /**
   * `raft` (default); `static`: {@link primary} leads whenever it runs, and nobody takes its place; `lease`: who has the lease of
   * {@link leaseStore} leads. The last two need `durability: async`.
   */
  readonly election?: "raft" | "static" | "lease";
  /** The designated node of a static election. */
  readonly primary?: string;
  /** Node id of the Redis that keeps the lease of `election: lease`. */
  readonly leaseStore?: string;
  /** How long that lease lasts. Default 10,000. */
  readonly leaseTtlMs?: number;
  /** With `durability: async`: when a new primary may take writes. Default `wait-out`. */
  readonly promotion?: PromotionPolicy;
  /** With `durability: async`: how long transactions are kept for replicas that lag. Default 1 h. */
  readonly retentionMs?: number;
  /**
   * With `durability: async`: a replica takes writes too. It asks the primary for the halt lock, by which the primary's own writes wait,
   * and answers when the primary has committed what it posts. One whose guard stands before it, or whose coordinator is not healthy, refuses as ever. Default: replicas refuse.
   */
  readonly halt?: HaltConfig;
  /** Puts a guard before the requests. A primary that asks no coordinator (`promotion: immediate`) has none. */
  readonly guard?: GuardedFrontConfig;
  /** What becomes of a node that led without a quorum. Default `force_replica`. */
  readonly strategy?: ConflictResolutionStrategy;
  /** A leader that no quorum has acknowledged for so long is ended by its watchdog, paused or not; 0 (default) for no watchdog. */
  readonly watchdogMs?: number;
  /** The group as it is founded, the same for every node. Default: every node is a voter of weight 1. Nodes named nowhere may be added. */
  readonly voters?: readonly string[];
  /** Voters that keep no data and never lead. */
  readonly witnesses?: readonly string[];
  /** Nodes that follow and are not counted. */
  readonly learners?: readonly string[];
  /** Weights of voters, integers from 0 to 255; 1 where nothing is said. */
  readonly weights?: Readonly<Record<string, number>>;
  /** Whether an unhealthy leader hands over to a voter that has everything, before it steps down. Default true. */
  readonly transferOnUnhealthy?: boolean;
  /** A node whose wall clock is further from the middle of the cluster's is degraded. 0 (default): clocks are not compared. */
  readonly clockOffsetMaxMs?: number;
  /**
   * Whether such a node is unhealthy instead: it hands over and does not campaign. Default false, as nothing that an `ha-node`
   * promises rests on a wall clock, and a change of leaders costs more than it mends; true where clients use the primary's time.
   */
  readonly transferOnClockOffset?: boolean;
  /** How a leader makes sure of a read: by its lease (default), or by a round to a quorum. */
  readonly reads?: "lease" | "read-index";
}

/** The same with every default filled in that is not another component's own. */
export interface ResolvedHaNodeConfig {
  readonly electionTimeoutMs: number;
  readonly heartbeatMs: number;
  readonly leaseMs: number;
  readonly pollMs: number;
  readonly leases: "strict" | "off";
  readonly detector: DetectorKind;
  readonly isolation: string;
  readonly batchMax: number;
  readonly snapshotEntries: number;
  readonly durability: "quorum" | "async";
  readonly election: "raft" | "static" | "lease";
  readonly primary: string;
  readonly leaseStore: string;
  readonly leaseTtlMs: number;
  readonly promotion: PromotionPolicy;
  readonly retentionMs: number;
  readonly halt: Required<HaltConfig> | undefined;
  readonly guard: GuardedFrontConfig | undefined;
  readonly strategy: ConflictResolutionStrategy;
  readonly watchdogMs: number;
  readonly group: FoundingGroup;
  readonly transferOnUnhealthy: boolean;
  readonly clockOffsetMaxMs: number;
  readonly transferOnClockOffset: boolean;
  readonly reads: "lease" | "read-index";
}

export function resolveHaNodeConfig(config: HaNodeConfig): ResolvedHaNodeConfig {
  const electionTimeoutMs = config.electionTimeoutMs ?? 300;
  return {
    electionTimeoutMs,
    heartbeatMs: config.heartbeatMs ?? 50,
    leaseMs: config.leaseMs ?? Math.floor((electionTimeoutMs * 3) / 4),
    pollMs: config.pollMs ?? 100,
    leases: config.leases ?? "strict",
    detector: config.detector ?? "fixed",
    isolation: config.isolation ?? "",
    batchMax: config.batchMax ?? 64,
    snapshotEntries: config.snapshotEntries ?? 8_192,
    durability: config.durability ?? "quorum",
    election: config.election ?? "raft",
    primary: config.primary ?? "",
    leaseStore: config.leaseStore ?? "",
    leaseTtlMs: config.leaseTtlMs ?? 10_000,
    promotion: config.promotion ?? "wait-out",
    retentionMs: config.retentionMs ?? 3_600_000,
    strategy: config.strategy ?? "force_replica",
    watchdogMs: config.watchdogMs ?? 0,
    halt:
      config.halt === undefined
        ? undefined
        : { ttlMs: 30_000, acquireTimeoutMs: 10_000, sweepMs: 5_000, keepMs: 1_000, ...config.halt },
    guard: config.guard,
    group: groupOf(config),
    transferOnUnhealthy: config.transferOnUnhealthy ?? true,
    clockOffsetMaxMs: config.clockOffsetMaxMs ?? 0,
    transferOnClockOffset: config.transferOnClockOffset ?? false,
    reads: config.reads ?? "lease",
  };
}

function groupOf({ voters, witnesses, learners, weights }: HaNodeConfig): FoundingGroup {
  return {
    ...(voters === undefined ? {} : { voters: voters as readonly NodeId[] }),
    ...(witnesses === undefined ? {} : { witnesses: witnesses as readonly NodeId[] }),
    ...(learners === undefined ? {} : { learners: learners as readonly NodeId[] }),
    ...(weights === undefined ? {} : { weights }),
  };
}
