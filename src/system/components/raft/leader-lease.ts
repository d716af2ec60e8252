import type { Clock } from "../../ports/clock.ts";
import type { Observer } from "../../ports/observer.ts";
import type { Timer, Timers } from "../../ports/timers.ts";

export interface LeaderLeaseOptions {
  readonly term: number;
  readonly leaseMs: number;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly observer: Observer;
  onChange(isValid: boolean): void;
}

/** The lease of one leadership: while it is valid nobody else leads, as long as clock rates are within rho. */
export class LeaderLease {
  readonly #options: LeaderLeaseOptions;
  readonly #timer: Timer;
  #untilMs = -1;
  #isHeld = false;
  #isSuspended = false;
  /** Only what was sent later than this and answered renews it. */
  #floorMs = -1;
  #isOver = false;

  constructor(options: LeaderLeaseOptions) {
    this.#options = options;
    this.#timer = options.timers.create("lease", () => {
      this.#check();
    });
  }

  get isValid(): boolean {
    return this.#isHeld && this.#options.clock.monotonic() < this.#untilMs;
  }
  /** Whether it ran out: a leader that had one and has it no more is silent from then on. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** A quorum has answered what was sent at `reachedMs`; −1 for nothing yet. */
  renew(reachedMs: number): void {
    if (this.#isOver || this.#isSuspended || reachedMs <= this.#floorMs) return;
    const { clock, leaseMs, observer, term } = this.#options;
    const now = clock.monotonic();
    // Counted from the send time: a follower's promise not to elect another starts no earlier than that.
    const until = reachedMs + leaseMs;
    if (until <= this.#untilMs || until <= now) return;
    this.#untilMs = until;
    this.#timer.arm(until - now);
    observer.state("lease", "valid", { term, untilMs: until, leftMs: until - now });
    if (this.#isHeld) return;
    this.#isHeld = true;
    this.#options.onChange(true);
  }

  /** Drops it until {@link resume}: leadership is being handed over. */
  suspend(): void {
    this.#isSuspended = true;
    this.#drop();
  }

  /** Lets it be earned again, by a round that begins after this. */
  resume(): void {
    this.#isSuspended = false;
    this.#floorMs = this.#options.clock.monotonic();
    // What it was renewed to before says nothing any more.
    this.#untilMs = -1;
  }

  /** Gives it up for good. */
  close(): void {
    this.#timer.cancel();
    this.#end();
  }

  #check(): void {
    const left = this.#untilMs - this.#options.clock.monotonic();
    if (left > 0) this.#timer.arm(left);
    else this.#end();
  }

  #end(): void {
    if (!this.#isHeld) return;
    this.#isOver = true;
    this.#drop();
  }

  #drop(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#options.observer.state("lease", "expired", { term: this.#options.term, untilMs: this.#untilMs, leftMs: 0 });
    this.#options.onChange(false);
  }
}
