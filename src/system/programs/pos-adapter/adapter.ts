import type { Clock } from "../../ports/clock.ts";
import type { NodeId } from "../../ports/node.ts";
import type { Observer } from "../../ports/observer.ts";
import type { Random } from "../../ports/random.ts";
import type { Timer, Timers } from "../../ports/timers.ts";
import { CircuitBreaker, type BreakerStats } from "../../components/circuit-breaker/circuit-breaker.ts";
import type { HlcClock } from "../../components/hlc/hlc-clock.ts";
import type { LockPort } from "../../components/lock/lock-port.ts";
import type { OfdPort } from "../../components/receipts/ofd-port.ts";
import type { ReceiptBuffer } from "../../components/receipts/receipt-buffer.ts";
import { ReceiptDesk } from "../../components/receipts/receipt-desk.ts";
import type { Receipt } from "../../components/receipts/receipt.ts";
import { isNotOfdFault, SyncWorker, type SyncReport } from "../../components/receipts/sync-worker.ts";
import type { PosAdapterConfig } from "./config.ts";

/** The parts of an adapter that differ between the simulator and a real machine. */
export interface AdapterParts {
  readonly id: NodeId;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly observer: Observer;
  readonly hlc: HlcClock;
  readonly buffer: ReceiptBuffer;
  readonly lock: LockPort;
  readonly ofd: OfdPort;
}

/** How often the state `buffer` is looked at besides after what this adapter did itself, ms. */
const LOOK_MS = 1_000;

/**
 * A till's adapter: receipts are stamped and buffered whatever happens beyond the buffer, and brought to the OFD by one adapter at a
 * time. The same composition runs in the simulator and live.
 */
export class Adapter {
  readonly #parts: AdapterParts;
  readonly #capacity: number;
  readonly #desk: ReceiptDesk;
  readonly #breaker: CircuitBreaker;
  readonly #worker: SyncWorker;
  readonly #look: Timer;

  constructor(parts: AdapterParts, config: PosAdapterConfig = {}) {
    const { id, clock, timers, observer, hlc, buffer } = parts;
    this.#parts = parts;
    this.#capacity = config.capacity ?? 10_000;
    this.#desk = new ReceiptDesk({ posId: id, hlc, buffer, observer });
    const { failureThreshold, recoveryTimeoutMs, successThreshold, callTimeoutMs } = config;
    this.#breaker = new CircuitBreaker({
      name: "ofd",
      clock,
      timers,
      observer,
      isIgnored: isNotOfdFault,
      ...given({ failureThreshold, recoveryTimeoutMs, successThreshold, callTimeoutMs }),
    });
    const { lockTtlMs, lockWaitMs, syncIntervalMs: intervalMs, batchMax, retriesMax } = config;
    this.#worker = new SyncWorker({
      ...parts,
      breaker: this.#breaker,
      config: given({ intervalMs, lockTtlMs, lockWaitMs, batchMax, retriesMax }),
    });
    this.#look = timers.create("look at buffer", () => {
      this.#look.arm(LOOK_MS);
      this.#observeBuffer();
    });
  }

  /** State of the breaker in front of the OFD (the seed's `get_circuit_breaker().get_stats()`). */
  get breakerStats(): BreakerStats {
    return this.#breaker.getStats();
  }

  start(): void {
    this.#worker.start();
    this.#look.arm(0);
  }
  /** Starts no sync by itself any more. */
  stop(): void {
    this.#worker.stop();
    this.#look.cancel();
  }

  /** Phase 1, see {@link ReceiptDesk.create}. */
  async create(id: string, payload: string): Promise<Receipt> {
    const receipt = await this.#desk.create(id, payload);
    this.#observeBuffer();
    return receipt;
  }

  /** Phase 2 now, see {@link SyncWorker.triggerSync}. */
  async triggerSync(): Promise<SyncReport> {
    const report = await this.#worker.triggerSync();
    this.#observeBuffer();
    return report;
  }

  #observeBuffer(): void {
    void this.#parts.buffer.counts().then(
      (counts) => {
        const { pending, syncing } = counts;
        const waiting = pending + syncing;
        const value = waiting === 0 ? "drained" : waiting < this.#capacity ? "backlog" : "full";
        this.#parts.observer.state("buffer", value, { ...counts });
      },
      // A buffer that cannot be asked now is looked at again.
      () => undefined,
    );
  }
}

/** Without the entries that were not given: a default is somebody else's. */
export function given<T extends object>(entries: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
