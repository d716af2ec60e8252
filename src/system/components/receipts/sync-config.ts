import { FaultlineError } from "../../ports/errors.ts";

/** Settings of a sync worker. */
export interface SyncConfig {
  /** Between two syncs by itself, ms; 0: only when it is asked. Default 1,000. */
  readonly intervalMs: number;
  /** The lock that all adapters of one buffer, or of one OFD, share: 1…256 UTF-16 units. Default `sync`. */
  readonly lockKey: string;
  /** Length of a grant, ms, 10…86_400_000. Default 30,000. */
  readonly lockTtlMs: number;
  /** How long a sync waits for the lock, ms; 0: it is skipped when somebody else syncs. Default 0. */
  readonly lockWaitMs: number;
  /** Receipts claimed at once, 1…50. Default 50. */
  readonly batchMax: number;
  /** Failed attempts after which a receipt is given up, ≥ 1. Default 20. */
  readonly retriesMax: number;
}

/** Fills in the defaults. @throws {FaultlineError} `SYNC_CONFIG` for a value out of its range. */
export function syncConfig(given: Partial<SyncConfig> = {}): SyncConfig {
  const config: SyncConfig = {
    intervalMs: given.intervalMs ?? 1_000,
    lockKey: given.lockKey ?? "sync",
    lockTtlMs: given.lockTtlMs ?? 30_000,
    lockWaitMs: given.lockWaitMs ?? 0,
    batchMax: given.batchMax ?? 50,
    retriesMax: given.retriesMax ?? 20,
  };
  check("length of lockKey", config.lockKey.length, 1, 256);
  check("intervalMs", config.intervalMs, 0, 86_400_000);
  check("lockTtlMs", config.lockTtlMs, 10, 86_400_000);
  check("lockWaitMs", config.lockWaitMs, 0, 86_400_000);
  check("batchMax", config.batchMax, 1, 50);
  check("retriesMax", config.retriesMax, 1, 1_000_000);
  return config;
}

function check(key: string, got: number, min: number, max: number): void {
  if (Number.isSafeInteger(got) && got >= min && got <= max) return;
  const expected = `an integer, ${String(min)}…${String(max)}`;
  throw new FaultlineError("SYNC_CONFIG", `${key} of the sync worker is ${String(got)}; expected ${expected}.`, {
    key,
    got,
    expected,
  });
}
