import type { Clock } from "../../ports/clock.ts";
import type { Disk } from "../../ports/disk.ts";
import { assert } from "../../ports/errors.ts";
import type { NodeId } from "../../ports/node-id.ts";
import { silentObserver, type Observer } from "../../ports/observer.ts";
import type { HealthLevel } from "../../ports/split-brain.ts";
import type { Timer, Timers } from "../../ports/timers.ts";
import type { Fields } from "../../ports/transport.ts";
import { HlcBoundError, HlcOffsetError, HlcOverflowError } from "./hlc-errors.ts";
import { PhysicalTime } from "./physical-time.ts";
import { checkStamp, encodeStamp, STAMP_COUNTER_MAX, STAMP_MS_MAX, type HlcStamp } from "./stamp.ts";
import { StoredBound, type Bound } from "./stored-bound.ts";

/** How far the durable bound lies ahead of physical time, ms. */
const AHEAD_MS = 3_000;
const RENEW_EVERY_MS = 1_000;
/** Longest wait of `open` for physical time to pass the bound, ms. */
const OPEN_WAIT_MS_MAX = 3_000;
/** Renewals that one `WhenDurable` call waits for: a disk slower than the bound's room is not waited for without end. */
const RENEWALS_MAX = 8;

export interface HlcClockOptions {
  readonly nodeId: NodeId;
  readonly clock: Clock;
  readonly observer?: Observer;
  /** A received stamp further ahead of physical time than this is refused. Integer ms ≥ 1; default 500. */
  readonly maxOffsetMs?: number;
}

interface Restored extends Bound {
  readonly store: StoredBound;
}

/** What a clock needs to be strict across restarts. */
export interface DurableHlcClockOptions extends HlcClockOptions {
  readonly disk: Disk;
  readonly timers: Timers;
  /** File of the bound. Default `hlc/bound`. */
  readonly path?: string;
}

export interface HlcStats {
  /** Steps back of the wall clock by more than `maxOffsetMs / 10`. */
  readonly backSteps: number;
  /** Jumps forward of the wall clock by more than `maxOffsetMs / 2`. */
  readonly forwardJumps: number;
  readonly rejected: number;
  readonly overflows: number;
  /** Renewals of the bound that the disk refused. */
  readonly boundErrors: number;
  /** Every stamp given out is below it; `Infinity` for a volatile clock. */
  readonly boundMs: number;
}

/**
 * A hybrid logical clock: stamps that follow causality, strictly increase on this node and stay close to physical time.
 *
 * `new HlcClock` makes a volatile clock, strict for the life of its process. {@link HlcClock.open} makes a durable one, strict
 * across restarts: no stamp reaches the bound on disk, which is synced before the first stamp and renewed each second, 3 s ahead
 * of physical time. When a stamp would reach the bound (the process was paused, the wall clock jumped forward, the disk hangs),
 * `now` and `receive` throw {@link HlcBoundError} and change nothing; `nowWhenDurable` and `receiveWhenDurable` wait instead.
 *
 * @remarks A message that carries a stamp carries it in its field `hlc`, made by `now` at the sending; the receiver calls
 * `receive` before it stamps anything. Events that were never told of each other are concurrent: their order is their nodes'.
 * @see Kulkarni et al. 2014 (logical physical clocks, Fig. 5); CockroachDB pkg/util/hlc (offset limits, persisted bound).
 * Checked by `lab/checkers/hlc-*.ts`.
 * @example
 * const hlc = await HlcClock.open({ nodeId: env.id, clock: env.clock, disk: env.disk, timers: env.timers });
 * env.transport.send(peer, { type: "order.placed", hlc: encodeStamp(hlc.now()) });
 */
export class HlcClock {
  readonly #nodeId: NodeId;
  readonly #observer: Observer;
  readonly #maxOffsetMs: number;
  readonly #physical: PhysicalTime;
  readonly #store: StoredBound | undefined;
  #ms: number;
  #counter = 0;
  #boundMs: number;
  /** Largest physical reading known of, own or (as a received stamp) another node's: what the bound is measured from. */
  #baseMs: number;
  #wallMsMax: number;
  #wantedMs = 0;
  #renewal: Promise<void> | undefined;
  #tick: Timer | undefined;
  #rejected = 0;
  #overflows = 0;
  #boundErrors = 0;

  /** @param restored What `open` read; a volatile clock has none. */
  constructor(options: HlcClockOptions, restored?: Restored) {
    this.#nodeId = options.nodeId;
    this.#observer = options.observer ?? silentObserver;
    this.#maxOffsetMs = options.maxOffsetMs ?? 500;
    assert(Number.isSafeInteger(this.#maxOffsetMs) && this.#maxOffsetMs >= 1, "maxOffsetMs is an integer ≥ 1", {
      got: this.#maxOffsetMs,
    });
    this.#physical = new PhysicalTime({
      clock: options.clock,
      observer: this.#observer,
      maxOffsetMs: this.#maxOffsetMs,
      lastWallMs: restored?.wallMs ?? 0,
    });
    this.#store = restored?.store;
    // Everything given out before was below the bound, so whatever follows (bound, 0) is new.
    this.#ms = restored?.boundMs ?? 0;
    this.#boundMs = restored === undefined ? Infinity : this.#ms;
    const wallMs = this.#physical.read();
    this.#wallMsMax = Math.max(wallMs, restored?.wallMs ?? 0);
    // An earlier bound was at most AHEAD_MS past a reading of physical time: restarts in quick succession do not add up.
    this.#baseMs = Math.max(wallMs, this.#ms - AHEAD_MS);
    if (restored === undefined) this.#observeOpen(0);
  }

  /**
   * Makes a durable clock: reads the bound of the life before, waits up to 3 s for physical time to pass it (a clock that ran
   * ahead would be refused by its peers), starts above it, and makes the next bound durable.
   *
   * @throws {FailStopError} when the stored bound is damaged. @throws {DiskError} when the disk refuses.
   */
  static async open(options: DurableHlcClockOptions): Promise<HlcClock> {
    const { clock, timers } = options;
    const store = new StoredBound({ disk: options.disk, path: options.path ?? "hlc/bound" });
    const bound = await store.load();
    const until = clock.monotonic() + OPEN_WAIT_MS_MAX;
    for (;;) {
      const waitMs = Math.min(bound.boundMs - clock.wall(), until - clock.monotonic());
      if (waitMs <= 0) break;
      await new Promise<void>((resolve) => timers.create("hlc wait", resolve).arm(waitMs));
    }
    const opened = new HlcClock(options, { store, ...bound });
    await opened.#renew();
    opened.#observeOpen(bound.boundMs);
    opened.#tick = timers.create("hlc bound", () => opened.#onTick());
    opened.#tick.arm(RENEW_EVERY_MS);
    return opened;
  }

  /**
   * Stamps an event of this node: above everything it stamped or received before.
   *
   * @throws {HlcOverflowError} {@link HlcBoundError}
   */
  now(): HlcStamp {
    const wallMs = this.#readWall();
    const ms = Math.max(this.#ms, wallMs);
    return this.#give(ms, ms === this.#ms ? this.#counter + 1 : 0, { via: "now", wallMs });
  }

  /**
   * Stamps the receipt of a message: above `remote` too. An old stamp is always taken.
   *
   * @throws {HlcOffsetError} when `remote` is more than `maxOffsetMs` ahead; {@link HlcStampError} when it is no stamp. The clock is then as before.
   * @throws {HlcOverflowError} {@link HlcBoundError}
   */
  receive(remote: HlcStamp): HlcStamp {
    checkStamp(remote);
    const wallMs = this.#readWall();
    const { referenceMs } = this.#physical;
    const aheadMs = remote.ms - referenceMs;
    if (aheadMs > this.#maxOffsetMs) this.#reject(remote, aheadMs);
    if (remote.ms > this.#baseMs) this.#baseMs = remote.ms;
    const ms = Math.max(this.#ms, remote.ms, wallMs);
    const facts = { via: "receive", wallMs, remote: encodeStamp(remote), referenceMs };
    return this.#give(ms, this.#counterAfter(ms, remote), facts);
  }

  /** {@link HlcClock.now}, waiting for a renewal of the bound where it must. @throws {DiskError} when the disk refuses it. */
  async nowWhenDurable(): Promise<HlcStamp> {
    return this.#whenDurable(() => this.now());
  }
  /** {@link HlcClock.receive}, waiting for a renewal of the bound where it must. @throws {DiskError} when the disk refuses it. */
  async receiveWhenDurable(remote: HlcStamp): Promise<HlcStamp> {
    return this.#whenDurable(() => this.receive(remote));
  }

  /** `unhealthy` with reason `clock` while the wall clock stands behind where it has been: a source for the node's health. */
  get health(): { readonly reason: "clock"; level(): HealthLevel } {
    return {
      reason: "clock",
      level: () => {
        this.#readWall();
        return this.#physical.isStepped ? "unhealthy" : "healthy";
      },
    };
  }
  get stats(): HlcStats {
    return {
      backSteps: this.#physical.backSteps,
      forwardJumps: this.#physical.forwardJumps,
      rejected: this.#rejected,
      overflows: this.#overflows,
      boundErrors: this.#boundErrors,
      boundMs: this.#boundMs,
    };
  }

  /** Says that the wall clock is right as it is: an operator set back a clock that was ahead. Stamps stay strict. */
  trustWall(): void {
    this.#physical.trust();
  }

  /** Ends the renewals; a durable clock then gives out what is left below its bound. */
  close(): void {
    this.#tick?.cancel();
  }

  /** From here on messages that reach the node are received. */
  #observeOpen(boundMs: number): void {
    this.#observer.point("hlc.open", { boundMs, wallMs: this.#wallMsMax, maxOffsetMs: this.#maxOffsetMs });
  }

  /** The paper's rule: one more than the counters of those whose `ms` it is. */
  #counterAfter(ms: number, remote: HlcStamp): number {
    if (ms === this.#ms) return (ms === remote.ms ? Math.max(this.#counter, remote.counter) : this.#counter) + 1;
    return ms === remote.ms ? remote.counter + 1 : 0;
  }

  #give(ms: number, counter: number, facts: Fields): HlcStamp {
    if (counter > STAMP_COUNTER_MAX) return this.#give(this.#carry(ms, counter), 0, facts);
    if (ms > STAMP_MS_MAX) throw this.#overflow(ms, counter);
    if (ms >= this.#boundMs) {
      if (ms > this.#wantedMs) this.#wantedMs = ms;
      this.#observer.point("hlc.held", { ms, boundMs: this.#boundMs, ...facts });
      // Who waits hears of a failure from a renewal of its own.
      this.#renew().catch(() => undefined);
      throw new HlcBoundError({ ms, boundMs: this.#boundMs });
    }
    this.#ms = ms;
    this.#counter = counter;
    const stamp = Object.freeze({ ms, counter, nodeId: this.#nodeId });
    this.#observer.point("hlc", { stamp: encodeStamp(stamp), ms, counter, ...facts });
    return stamp;
  }

  /** The counter is full: the next ms, while peers will still take it. */
  #carry(ms: number, counter: number): number {
    if (ms + 1 > this.#physical.referenceMs + this.#maxOffsetMs) throw this.#overflow(ms, counter - 1);
    return ms + 1;
  }

  #overflow(ms: number, counter: number): HlcOverflowError {
    this.#overflows++;
    const { referenceMs } = this.#physical;
    this.#observer.point("hlc.overflow", { ms, counter, referenceMs });
    return new HlcOverflowError({ ms, counter, referenceMs, maxOffsetMs: this.#maxOffsetMs });
  }

  #reject(stamp: HlcStamp, aheadMs: number): never {
    this.#rejected++;
    const remote = encodeStamp(stamp);
    const maxOffsetMs = this.#maxOffsetMs;
    this.#observer.point("hlc.reject", { remote, aheadMs, maxOffsetMs, ms: this.#ms, counter: this.#counter });
    throw new HlcOffsetError({ remote, aheadMs, maxOffsetMs });
  }

  #readWall(): number {
    const wallMs = this.#physical.read();
    if (wallMs > this.#wallMsMax) this.#wallMsMax = wallMs;
    if (wallMs > this.#baseMs) this.#baseMs = wallMs;
    return wallMs;
  }

  async #whenDurable(give: () => HlcStamp): Promise<HlcStamp> {
    for (let renewals = 0; renewals < RENEWALS_MAX; renewals++) {
      try {
        return give();
      } catch (error) {
        if (!(error instanceof HlcBoundError)) throw error;
      }
      await this.#renew();
    }
    return give();
  }

  #onTick(): void {
    this.#tick?.arm(RENEW_EVERY_MS);
    this.#readWall();
    this.#renew().catch(() => undefined);
  }

  /** Moves the bound ahead, one renewal at a time. */
  #renew(): Promise<void> {
    this.#renewal ??= this.#save().finally(() => (this.#renewal = undefined));
    return this.#renewal;
  }

  async #save(): Promise<void> {
    const boundMs = Math.max(Math.max(this.#ms, this.#wantedMs) + 1, this.#baseMs + AHEAD_MS);
    if (this.#store === undefined || boundMs <= this.#boundMs) return;
    try {
      await this.#store.save({ boundMs, wallMs: this.#wallMsMax });
    } catch (error) {
      this.#boundErrors++;
      this.#observer.point("hlc.bound-error", {
        boundMs,
        error: error instanceof Error ? error.message : String(error),
      });
      throw error;
    }
    // Only now: until it is durable, no stamp may rely on it.
    this.#boundMs = boundMs;
    this.#observer.point("hlc.bound", { boundMs, wallMs: this.#wallMsMax });
  }
}
