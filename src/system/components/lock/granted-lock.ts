import type { Clock } from "../../ports/clock.ts";
import type { Timer, Timers } from "../../ports/timers.ts";
import { LockLostError, type HeldLock, type LockLoss, type ReleaseOutcome } from "./lock-port.ts";
import type { Granter } from "./granter.ts";
import type { LockStates } from "./lock-states.ts";

/** How long a grant of `ttlMs` may be trusted after it was asked for: less 1 %, rounded up, and 2 ms. */
export function validityMs(ttlMs: number): number {
  return ttlMs - Math.ceil(ttlMs / 100) - 2;
}

export interface GrantedLockOptions {
  readonly granter: Granter;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly states: LockStates;
  readonly key: string;
  readonly token: string;
  readonly fencing: bigint;
  readonly ttlMs: number;
  /** Local deadline of the grant, ms of the monotonic clock. */
  readonly untilMs: number;
  readonly autoExtend: boolean;
}

/**
 * A grant and its time.
 *
 * It is held until the local deadline, and each extension moves the deadline from the moment at which *that one was sent*. Errors
 * change nothing: it goes on asking, and the deadline stands. The answer "not yours" ends it for good, and so does a deadline that has
 * passed: an extension answered after it revives nothing.
 */
export class GrantedLock implements HeldLock {
  readonly key: string;
  readonly token: string;
  readonly fencing: bigint;
  readonly #options: GrantedLockOptions;
  readonly #abort = new AbortController();
  readonly #deadline: Timer;
  readonly #renewal: Timer;
  #untilMs: number;
  #isOver = false;
  #releasing: Promise<ReleaseOutcome> | undefined;

  constructor(options: GrantedLockOptions) {
    this.#options = options;
    this.key = options.key;
    this.token = options.token;
    this.fencing = options.fencing;
    this.#untilMs = options.untilMs;
    this.#deadline = options.timers.create("lock deadline", () => {
      // Late after a pause, and void when an extension has moved the deadline since.
      if (this.isHeld()) this.#deadline.arm(this.leftMs());
    });
    this.#renewal = options.timers.create("lock extension", () => {
      if (!this.isHeld()) return;
      this.#renewal.arm(this.#renewalMs);
      void this.extend();
    });
    this.#deadline.arm(Math.max(0, this.#untilMs - options.clock.monotonic()));
    if (options.autoExtend) this.#renewal.arm(this.#renewalMs);
    options.states.hold(this, this.#untilMs);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  isHeld(): boolean {
    if (!this.#isOver && this.#options.clock.monotonic() >= this.#untilMs) this.#lose("expired");
    return !this.#isOver;
  }

  leftMs(): number {
    return this.isHeld() ? this.#untilMs - this.#options.clock.monotonic() : 0;
  }

  async extend(): Promise<boolean> {
    if (!this.isHeld()) return false;
    const { granter, clock, ttlMs, states } = this.#options;
    const sentAtMs = clock.monotonic();
    let isOurs: boolean;
    try {
      isOurs = await granter.extend(this.key, this.token, ttlMs);
    } catch {
      if (!this.isHeld()) return false;
      if (this.#options.autoExtend) this.#renewal.arm(Math.ceil(ttlMs / 10));
      return true;
    }
    if (!this.isHeld()) return false;
    if (!isOurs) {
      this.#lose("taken");
      return false;
    }
    // Two extensions may be under way, and the later one may be answered first.
    const untilMs = sentAtMs + validityMs(ttlMs);
    if (untilMs > this.#untilMs) {
      this.#untilMs = untilMs;
      this.#deadline.arm(Math.max(0, untilMs - clock.monotonic()));
    }
    if (!this.isHeld()) return false;
    states.hold(this, this.#untilMs);
    return true;
  }

  release(): Promise<ReleaseOutcome> {
    return (this.#releasing ??= this.#release());
  }

  offer(): string | undefined {
    if (!this.isHeld()) return undefined;
    this.#end();
    this.#options.states.free(this, "offered");
    return this.token;
  }

  async #release(): Promise<ReleaseOutcome> {
    const wasHeld = this.isHeld();
    if (wasHeld) {
      this.#end();
      this.#options.states.free(this, "released");
    }
    try {
      return (await this.#options.granter.release(this.key, this.token)) ? "released" : "lost";
    } catch {
      // Compare-and-delete is harmless whether or not it took effect; the grant ends with its time.
      return "unknown";
    }
  }

  get #renewalMs(): number {
    return Math.floor(this.#options.ttlMs / 3);
  }

  #lose(loss: LockLoss): void {
    this.#end();
    this.#options.states.free(this, loss);
    this.#abort.abort(new LockLostError(this.key, this.token, loss));
  }

  #end(): void {
    this.#isOver = true;
    this.#deadline.cancel();
    this.#renewal.cancel();
  }
}
