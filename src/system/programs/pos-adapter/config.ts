/** Settings of a `pos-adapter`. Times are integer ms. Everything has a default. */
export interface PosAdapterConfig {
  /** Node that runs Redis. Default `redis1`. */
  readonly redis?: string;
  /** Node that runs the OFD. Default `ofd1`. */
  readonly ofd?: string;
  /** `own`: on this adapter's disk. `replicated`: one buffer of all adapters, on a majority of their disks. Default `own`. */
  readonly buffer?: "own" | "replicated";
  /** Receipts that may wait. Default 10,000. */
  readonly capacity?: number;
  /** Who grants the sync lock: Redis, or the group that keeps a replicated buffer. Default `redis`. */
  readonly lock?: "redis" | "raft";
  readonly lockTtlMs?: number;
  readonly lockWaitMs?: number;
  /** Between two syncs by itself; 0: manual only. Default 1,000. */
  readonly syncIntervalMs?: number;
  readonly batchMax?: number;
  readonly retriesMax?: number;
  /** Whether peers are told of each new receipt, so that theirs are stamped after it. Default false. */
  readonly announce?: boolean;
  /** Stamps from further ahead are refused. Default 10,000: tills five seconds apart work together. */
  readonly maxOffsetMs?: number;
  /** Breaker in front of the OFD: see `BreakerConfig`. */
  readonly failureThreshold?: number;
  readonly recoveryTimeoutMs?: number;
  readonly successThreshold?: number;
  readonly callTimeoutMs?: number;
  /** Raft of a replicated buffer. Defaults 300, 50 and 0.75·ET. */
  readonly electionTimeoutMs?: number;
  readonly heartbeatMs?: number;
  readonly leaseMs?: number;
  /** Applied entries after which a snapshot takes the place of the log. Default 8,192. */
  readonly snapshotEntries?: number;
}
