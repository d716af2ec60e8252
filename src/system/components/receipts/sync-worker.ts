import { FailStopError, FaultlineError } from "../../ports/errors.ts";
import type { Observer } from "../../ports/observer.ts";
import type { Random } from "../../ports/random.ts";
import type { Timer, Timers } from "../../ports/timers.ts";
import { CircuitOpenError } from "../circuit-breaker/breaker-errors.ts";
import type { CircuitBreaker } from "../circuit-breaker/circuit-breaker.ts";
import type { HlcClock } from "../hlc/hlc-clock.ts";
import { encodeStamp } from "../hlc/stamp.ts";
import { LockLostError, type HeldLock, type LockPort } from "../lock/lock-port.ts";
import { OfdError, type OfdAcceptance, type OfdPort } from "./ofd-port.ts";
import { BufferUnavailableError, StaleClaimError, type ReceiptBuffer, type Settlement } from "./receipt-buffer.ts";
import type { Receipt } from "./receipt.ts";
import { syncConfig, type SyncConfig } from "./sync-config.ts";

/**
 * How a sync ended. `drained`: nothing was left to send. `skipped`: somebody else holds the lock. `unavailable`: whoever grants the
 * lock could not be asked; nothing was sent. `lock-lost`: the lock ended under way. `breaker-open`: the OFD is not to be called now.
 * `failed`: it was called and failed, or the clock gave no stamp to call it with. `buffer-error`: the buffer did not answer.
 */
export type SyncResult =
  "drained" | "skipped" | "unavailable" | "lock-lost" | "breaker-open" | "failed" | "buffer-error";

export interface SyncReport {
  readonly result: SyncResult;
  /** Receipts that the OFD confirmed in this sync. */
  readonly synced: number;
  /** Calls of the OFD that failed. */
  readonly failures: number;
  /** For `breaker-open`: after so many ms a call may be let through. */
  readonly retryAfterMs?: number;
}

export interface SyncWorkerOptions {
  readonly buffer: ReceiptBuffer;
  readonly lock: LockPort;
  /** Make it with {@link isNotOfdFault} as its `isIgnored`. */
  readonly breaker: CircuitBreaker;
  readonly ofd: OfdPort;
  /** Stamps what is sent. Whoever carries the answers lets it receive their stamps. */
  readonly hlc: HlcClock;
  readonly timers: Timers;
  readonly random: Random;
  readonly observer: Observer;
  readonly config?: Partial<SyncConfig>;
}

/** What says nothing about the OFD's health: a refusal of this receipt, a lost lock, trouble of our own. For a breaker's `isIgnored`. */
export function isNotOfdFault(error: unknown): boolean {
  return !(error instanceof OfdError) || error.isBusiness;
}

/** The longest pause between two attempts, as a power of two of seconds: 2^6 s is cut to 60 s. */
const BACKOFF_POWER_MAX = 6;
const BACKOFF_MS_MAX = 60_000;

/**
 * Phase 2 of a receipt: sends what the buffer holds to the OFD, in order, at most one sender at a time.
 *
 * A sync takes the lock, claims a batch under the lock's fencing number, and sends receipt after receipt through the breaker; the first
 * failure ends it, so that nothing overtakes what failed. What was not tried goes back to `pending` without counting as a try.
 *
 * @remarks The lock makes it unlikely that two adapters send at once, no more: the fencing number, which the OFD and the buffer compare,
 * and the receipt's id, under which the OFD accepts it once, make it harmless.
 * @see the seed's `sync_worker.py` (OPTERP-21). Checked by `lab/checkers/no-duplicate-receipt.ts`, `no-lost-receipt.ts`,
 *   `receipt-order.ts` and `receipts-drain.ts`.
 * @example
 * const worker = new SyncWorker({ buffer, lock, breaker, ofd, hlc, timers, random, observer });
 * worker.start();
 * const { result, synced } = await worker.triggerSync();
 */
export class SyncWorker {
  readonly #options: SyncWorkerOptions;
  readonly #config: SyncConfig;
  readonly #timer: Timer;
  #isStarted = false;
  #locking = 0;
  /** Fencing number of the sync that runs here; `undefined` when none does. */
  #running: bigint | undefined;
  #isBackingOff = false;
  /** Failed syncs in a row. */
  #failedSyncs = 0;

  constructor(options: SyncWorkerOptions) {
    this.#options = options;
    this.#config = syncConfig(options.config);
    this.#timer = options.timers.create("sync", () => void this.#onTimer());
    this.#observe();
  }

  /** Syncs by itself from now on, every `intervalMs`; nothing happens for an interval of 0. */
  start(): void {
    if (this.#config.intervalMs === 0) return;
    this.#isStarted = true;
    this.#timer.arm(this.#config.intervalMs);
  }
  /** Starts no sync by itself any more; one under way goes on. */
  stop(): void {
    this.#isStarted = false;
    this.#timer.cancel();
  }

  /**
   * Syncs now, whatever the backing off. Any number may be asked for at once: the lock lets one through.
   *
   * @throws {FailStopError} of the buffer or the clock; nothing else.
   */
  async triggerSync(by: "manual" | "timer" = "manual"): Promise<SyncReport> {
    const { observer } = this.#options;
    observer.point("sync.trigger", { by });
    const report = await this.#sync();
    const { result, synced, failures } = report;
    observer.point("sync.done", { by, result, synced, failures });
    if (result === "failed") this.#failedSyncs++;
    else if (result === "drained") this.#failedSyncs = 0;
    return report;
  }

  async #onTimer(): Promise<void> {
    this.#isBackingOff = false;
    const report = await this.triggerSync("timer");
    // It may have been stopped while this sync was under way.
    if (!this.#isStarted) return;
    const delayMs = this.#pauseMs(report);
    this.#isBackingOff = delayMs > this.#config.intervalMs;
    this.#observe();
    this.#timer.arm(delayMs);
  }

  /** Pause before the next sync by timer: doubled with each failure up to a minute, with a random part, and as long as the breaker says. */
  #pauseMs({ result, retryAfterMs = 0 }: SyncReport): number {
    const { intervalMs } = this.#config;
    if (result === "breaker-open") return Math.max(intervalMs, retryAfterMs);
    if (result !== "failed") return intervalMs;
    const fullMs = Math.min(1_000 << Math.min(this.#failedSyncs, BACKOFF_POWER_MAX), BACKOFF_MS_MAX);
    return Math.max(intervalMs, this.#options.random.integer(fullMs >> 1, fullMs));
  }

  async #sync(): Promise<SyncReport> {
    const { lockKey, lockTtlMs, lockWaitMs } = this.#config;
    this.#locking++;
    this.#observe();
    const acquisition = await this.#options.lock.acquire(lockKey, { ttlMs: lockTtlMs, waitMs: lockWaitMs });
    this.#locking--;
    if (acquisition.outcome !== "granted") {
      this.#observe();
      return { result: acquisition.outcome === "busy" ? "skipped" : "unavailable", synced: 0, failures: 0 };
    }
    const { lock } = acquisition;
    this.#running = lock.fencing;
    this.#observe();
    const tally = { synced: 0, failures: 0 };
    try {
      return await this.#drain(lock, tally);
    } catch (error) {
      if (error instanceof StaleClaimError) return { result: "lock-lost", ...tally };
      if (error instanceof BufferUnavailableError) return { result: "buffer-error", ...tally };
      throw error;
    } finally {
      if (this.#running === lock.fencing) this.#running = undefined;
      this.#observe();
      await lock.release();
    }
  }

  /** Batch after batch, until nothing is left or something ends it. */
  async #drain(lock: HeldLock, tally: { synced: number; failures: number }): Promise<SyncReport> {
    const { buffer } = this.#options;
    for (;;) {
      if (!lock.isHeld()) return { result: "lock-lost", ...tally };
      const batch = await buffer.claim({ claim: lock.fencing, limit: this.#config.batchMax });
      if (batch.length === 0) return { result: "drained", ...tally };
      for (const [at, receipt] of batch.entries()) {
        const end = await this.#send(receipt, lock, tally);
        if (end === undefined) continue;
        await this.#giveBack(batch.slice(at + 1), lock);
        return { ...end, ...tally };
      }
    }
  }

  /** Sends one receipt. @returns why the sync ends with it; `undefined` to go on with the next. */
  async #send(
    receipt: Receipt,
    lock: HeldLock,
    tally: { synced: number; failures: number },
  ): Promise<Pick<SyncReport, "result" | "retryAfterMs"> | undefined> {
    const settle = (how: Settlement): Promise<boolean> => this.#options.buffer.settle(receipt.id, lock.fencing, how);
    let acceptance: OfdAcceptance;
    try {
      if (!lock.isHeld()) throw lock.signal.reason;
      acceptance = await this.#register(receipt, lock);
    } catch (error) {
      if (error instanceof FailStopError) throw error;
      if (error instanceof CircuitOpenError) {
        await settle({ status: "pending", isFailure: false });
        return { result: "breaker-open", retryAfterMs: error.retryAfterMs };
      }
      if (!lock.isHeld() || isStaleToken(error)) {
        await settle({ status: "pending", isFailure: false });
        return { result: "lock-lost" };
      }
      if (error instanceof NoStampError) {
        await settle({ status: "pending", isFailure: false });
        return { result: "failed" };
      }
      tally.failures++;
      return this.#onFailure(receipt, error, settle);
    }
    tally.synced++;
    if (await settle({ status: "synced", serverHlc: acceptance.hlc })) return undefined;
    // Somebody with a larger claim has it now; what the OFD has it has, and they will be told so.
    return { result: "lock-lost" };
  }

  #register(receipt: Receipt, lock: HeldLock): Promise<OfdAcceptance> {
    const { breaker, ofd, hlc } = this.#options;
    const { id, posId, payload } = receipt;
    const registration = { key: id, posId, payload, receiptHlc: receipt.hlc, fencing: lock.fencing.toString() };
    return breaker.call(
      async (signal) => {
        const stamp = await stampOf(hlc);
        signal.throwIfAborted();
        return ofd.register(registration, { signal, hlc: stamp });
      },
      { signal: lock.signal },
    );
  }

  /** Counts a failed attempt; one that can never succeed, or failed too often, is left to people. */
  async #onFailure(
    receipt: Receipt,
    error: unknown,
    settle: (how: Settlement) => Promise<boolean>,
  ): Promise<Pick<SyncReport, "result"> | undefined> {
    const { id, posId: pos } = receipt;
    const retries = receipt.retryCount + 1;
    const isHopeless = error instanceof OfdError && error.code === "OFD_REFUSED";
    if (!isHopeless && retries < this.#config.retriesMax) {
      await settle({ status: "pending", isFailure: true });
      return { result: "failed" };
    }
    if (!(await settle({ status: "failed" }))) return { result: "lock-lost" };
    this.#options.observer.point("sync.dead", { id, pos, retries });
    // The one exception to the order: what was given up holds up nobody.
    return undefined;
  }

  /** What was claimed and not tried. A buffer that does not answer keeps it claimed, for whoever gets the lock next. */
  async #giveBack(rest: readonly Receipt[], lock: HeldLock): Promise<void> {
    const how: Settlement = { status: "pending", isFailure: false };
    await Promise.all(rest.map(({ id }) => this.#options.buffer.settle(id, lock.fencing, how)));
  }

  #observe(): void {
    const { observer } = this.#options;
    if (this.#running !== undefined) observer.state("sync", "running", { fencing: this.#running.toString() });
    else if (this.#locking > 0) observer.state("sync", "locking");
    else observer.state("sync", this.#isBackingOff ? "backing-off" : "idle");
  }
}

/** The clock, or its disk, gave no stamp: nothing was sent, and it is no fault of the receipt. */
class NoStampError extends FaultlineError {
  constructor(cause: unknown) {
    super("NO_STAMP", "the sending could not be stamped; nothing was sent.", {}, { cause });
  }
}

/** The stamp of a sending, as text. @throws {NoStampError} {@link FailStopError} */
async function stampOf(hlc: HlcClock): Promise<string> {
  try {
    return encodeStamp(await hlc.nowWhenDurable());
  } catch (error) {
    throw error instanceof FailStopError ? error : new NoStampError(error);
  }
}

function isStaleToken(error: unknown): boolean {
  return error instanceof LockLostError || (error instanceof OfdError && error.code === "OFD_STALE_TOKEN");
}
