import type { Clock } from "../../ports/clock.ts";
import { assert, FaultlineError } from "../../ports/errors.ts";
import type { Observer } from "../../ports/observer.ts";
import type { Random } from "../../ports/random.ts";
import { RedisError } from "../../ports/redis.ts";
import type { Timers } from "../../ports/timers.ts";
import { GrantedLock, validityMs } from "./granted-lock.ts";
import type { Asked, Granter } from "./granter.ts";
import { acquireOptions, type AcquireOptions, type Acquisition, type LockPort } from "./lock-port.ts";
import { LockStates } from "./lock-states.ts";

/** What every lock needs of its node. */
export interface LockClientPorts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly observer: Observer;
  /** Shortest pause between two attempts of one that waits, integer ms ≥ 1; up to as much again is added at random. Default 100. */
  readonly retryMs?: number;
}

/** An attempt; `unanswered` and `unusable` say that the lock may be granted to us, and that we do not hold it. */
interface Attempt {
  readonly result: Acquisition;
  readonly doubt: "none" | "unanswered" | "unusable";
}

/**
 * {@link LockPort} over a {@link Granter}: tokens, waiting, the time of a grant, and what to do about answers that never came.
 *
 * A grant is counted from the moment at which it was asked for, less 1 % and 2 ms for the difference of two clocks: the holder stops
 * believing in it before the granter lets it go, whether or not the network lets them talk. When the granter cannot be asked, nothing is
 * granted: fail closed, there is no other way to be configured.
 */
export class LockClient implements LockPort {
  readonly #ports: LockClientPorts;
  readonly #granter: Granter;
  readonly #states: LockStates;

  constructor(ports: LockClientPorts, granter: Granter) {
    this.#ports = ports;
    this.#granter = granter;
    this.#states = new LockStates(ports.observer);
  }

  async acquire(key: string, options: AcquireOptions = {}): Promise<Acquisition> {
    const wanted = acquireOptions(key, options);
    const { clock } = this.#ports;
    const giveUpAt = clock.monotonic() + wanted.waitMs;
    const isWaiting = wanted.waitMs > 0;
    if (isWaiting) this.#states.wait(key, 1);
    let token = this.#token();
    let isInDoubt = false;
    let result: Acquisition;
    for (let attempts = 1; ; attempts++) {
      const attempt = await this.#attempt(key, token, wanted);
      result = attempt.result;
      isInDoubt = attempt.doubt !== "none" || (isInDoubt && result.outcome === "unavailable");
      if (result.outcome === "granted") break;
      if (attempts === 1 && attempt.doubt === "unanswered") continue; // The same token: a lost answer is given again.
      if (clock.monotonic() >= giveUpAt) break;
      if (isInDoubt) {
        this.#abandon(key, token);
        token = this.#token();
        isInDoubt = false;
      }
      await this.#pause(giveUpAt - clock.monotonic());
    }
    if (isWaiting) this.#states.wait(key, -1);
    if (isInDoubt) this.#abandon(key, token);
    if (result.outcome === "unavailable") this.#warn(key, result.error);
    return result;
  }

  /** {@link TransferableLock.takeOver}, of a granter that can. */
  async takeOver(key: string, from: string, options: AcquireOptions = {}): Promise<Acquisition> {
    const wanted = acquireOptions(key, options);
    const to = this.#token();
    let attempt = await this.#attempt(key, to, wanted, from);
    if (attempt.doubt === "unanswered") attempt = await this.#attempt(key, to, wanted, from);
    const { result, doubt } = attempt;
    // Whoever has it by then may be nobody: it is given back, so that it does not have to be waited for.
    if (doubt !== "none") this.#abandon(key, to);
    if (result.outcome === "unavailable") this.#warn(key, result.error);
    return result;
  }

  async #attempt(key: string, token: string, wanted: Required<AcquireOptions>, from?: string): Promise<Attempt> {
    const { clock, timers } = this.#ports;
    const { ttlMs, autoExtend } = wanted;
    const asked = await this.#ask(key, token, wanted, from);
    if (asked.outcome === "busy") return { result: asked, doubt: "none" };
    if (asked.outcome === "unavailable") {
      const { outcome, error } = asked;
      return { result: { outcome, error }, doubt: asked.mayBeGranted ? "unanswered" : "none" };
    }
    const { fencing, askedAtMs } = asked;
    const untilMs = askedAtMs + validityMs(ttlMs);
    if (clock.monotonic() >= untilMs) {
      const error = new FaultlineError(
        "LOCK_LATE",
        `the lock "${key}" was granted so late that it is over; it is given back.`,
        { key },
      );
      return { result: { outcome: "unavailable", error }, doubt: "unusable" };
    }
    const grant = { key, token, fencing, ttlMs, untilMs, autoExtend };
    const parts = { granter: this.#granter, clock, timers, states: this.#states };
    return { result: { outcome: "granted", lock: new GrantedLock({ ...parts, ...grant }) }, doubt: "none" };
  }

  #ask(key: string, to: string, { ttlMs, above }: Required<AcquireOptions>, from: string | undefined): Promise<Asked> {
    if (from === undefined) return this.#granter.acquire(key, to, ttlMs, above);
    assert(this.#granter.takeOver !== undefined, "this granter passes grants on");
    return this.#granter.takeOver(key, { from, to }, ttlMs);
  }

  /**
   * Gives back what may have been granted. The token is never used again: this release may overtake a later attempt, and would then
   * end a grant that somebody believes in.
   */
  #abandon(key: string, token: string): void {
    this.#granter.release(key, token).catch(() => undefined);
  }

  #pause(leftMs: number): Promise<void> {
    const { timers, random, retryMs = 100 } = this.#ports;
    const delayMs = Math.min(leftMs, retryMs + random.integer(0, retryMs), 2_147_483_647);
    return new Promise((resolve) => timers.create("lock retry", resolve).arm(Math.max(0, delayMs)));
  }

  #token(): string {
    let token = "";
    for (let i = 0; i < 4; i++) token += this.#ports.random.uint32().toString(16).padStart(8, "0");
    return token;
  }

  #warn(key: string, error: Error): void {
    this.#ports.observer.point("lock.unavailable", {
      key,
      warning: `${error instanceof RedisError ? "Redis connection failed" : "Nobody could grant it"}. Distributed locking disabled.`,
      error: error instanceof FaultlineError ? error.code : error.name,
    });
  }
}
