import type { Clock } from "../../ports/clock.ts";
import { assert, FaultlineError } from "../../ports/errors.ts";
import type { Observer } from "../../ports/observer.ts";
import type { Random } from "../../ports/random.ts";
import { RedisError, type RedisPort, type RedisReply } from "../../ports/redis.ts";
import type { Timers } from "../../ports/timers.ts";
import { acquireOptions, type AcquireOptions, type Acquisition, type LockPort } from "./lock-port.ts";
import { ACQUIRE, fenceKey, RELEASE } from "./lock-scripts.ts";
import { LockStates } from "./lock-states.ts";
import { RedisHeldLock, validityMs } from "./redis-held-lock.ts";

export interface RedisLockOptions {
  readonly redis: RedisPort;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly observer: Observer;
  /**
   * The next fencing number is larger than this, whatever the server remembers. A server that comes back without its memory, or a
   * replica that never got the last writes, counts from an old number: give the term of whoever decided that it serves, as
   * {@link fencingEpoch}, or the last number the protected resource knows. Default 0.
   */
  readonly fencingFloor?: () => bigint;
  /** Shortest pause between two attempts of one that waits, integer ms ≥ 1; up to as much again is added at random. Default 100. */
  readonly retryMs?: number;
}

const INT64_MAX = 9_223_372_036_854_775_807n;

/** Floor of the fencing numbers of an epoch: `epoch · 2^32`. @param epoch Raft term, 0…2^31 − 1. */
export function fencingEpoch(epoch: number): bigint {
  return BigInt(epoch) << 32n;
}

/** An attempt; `unanswered` and `unusable` say that the server may hold the lock for us, and that we do not. */
interface Attempt {
  readonly result: Acquisition;
  readonly doubt: "none" | "unanswered" | "unusable";
}

/**
 * A lock kept by one Redis, fenced by a number that only grows.
 *
 * A grant is counted from the moment at which it was asked for, less 1 % and 2 ms for the difference of two clocks: the holder stops
 * believing in it before the server lets it go, whether or not the network lets them talk. When Redis cannot be asked, nothing is
 * granted: fail closed, there is no other way to be configured.
 *
 * @remarks One Redis that forgets (no persistence, a failover that loses the last writes) can grant a lock twice. Correctness then
 * rests on the fencing number alone, see {@link RedisLockOptions.fencingFloor}. The server must not evict keys (`noeviction`).
 * @see redis.io, Distributed Locks with Redis; Kleppmann 2016 (fencing); node-redlock #296 (time spent acquiring), etcd #11456.
 *   Checked by `lab/checkers/lock-mutex.ts`, `lock-ownership.ts`, `fencing-grows.ts` and `lock-progress.ts`.
 * @example
 * const got = await lock.acquire("sync:pos-1", { ttlMs: 30_000 });
 * if (got.outcome === "granted") {
 *   await send({ ...batch, fencing: got.lock.fencing.toString() }, { signal: got.lock.signal });
 *   await got.lock.release();
 * }
 */
export class RedisLock implements LockPort {
  readonly #options: RedisLockOptions;
  readonly #states: LockStates;

  constructor(options: RedisLockOptions) {
    this.#options = options;
    this.#states = new LockStates(options.observer);
  }

  async acquire(key: string, options: AcquireOptions = {}): Promise<Acquisition> {
    const wanted = acquireOptions(key, options);
    const { clock } = this.#options;
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

  async #attempt(key: string, token: string, wanted: Required<AcquireOptions>): Promise<Attempt> {
    const { redis, clock } = this.#options;
    const floor = this.#options.fencingFloor?.() ?? 0n;
    assert(floor >= 0n && floor < INT64_MAX, "a fencing number is a signed 64-bit integer", {
      floor: floor.toString(),
    });
    const sentAtMs = clock.monotonic();
    let reply: RedisReply;
    try {
      reply = await redis.eval(ACQUIRE, [key, fenceKey(key)], [token, String(wanted.ttlMs), floor.toString()]);
    } catch (error) {
      const doubt = error instanceof RedisError && error.definite ? "none" : "unanswered";
      return { result: { outcome: "unavailable", error: asError(error) }, doubt };
    }
    if (reply === null) return { result: { outcome: "busy" }, doubt: "none" };
    if (typeof reply !== "string") return unusable("LOCK_REPLY", `the lock script gave ${JSON.stringify(reply)}.`);
    const untilMs = sentAtMs + validityMs(wanted.ttlMs);
    if (clock.monotonic() >= untilMs)
      return unusable("LOCK_LATE", `the lock "${key}" was granted so late that it is over; it is given back.`);
    const { ttlMs, autoExtend } = wanted;
    const parts = { ...this.#options, states: this.#states, key, token, fencing: BigInt(reply), ttlMs, untilMs };
    return { result: { outcome: "granted", lock: new RedisHeldLock({ ...parts, autoExtend }) }, doubt: "none" };
  }

  /**
   * Gives back what may have been granted. The token is never used again: this release may overtake a later attempt, and would then
   * end a grant that somebody believes in.
   */
  #abandon(key: string, token: string): void {
    this.#options.redis.eval(RELEASE, [key], [token]).catch(() => undefined);
  }

  #pause(leftMs: number): Promise<void> {
    const { timers, random, retryMs = 100 } = this.#options;
    const delayMs = Math.min(leftMs, retryMs + random.integer(0, retryMs), 2_147_483_647);
    return new Promise((resolve) => timers.create("lock retry", resolve).arm(Math.max(0, delayMs)));
  }

  #token(): string {
    let token = "";
    for (let i = 0; i < 4; i++) token += this.#options.random.uint32().toString(16).padStart(8, "0");
    return token;
  }

  #warn(key: string, error: Error): void {
    this.#options.observer.point("lock.unavailable", {
      key,
      warning: "Redis connection failed. Distributed locking disabled.",
      error: error instanceof FaultlineError ? error.code : error.name,
    });
  }
}

/** The server may hold the lock for us, and it is of no use. */
function unusable(code: string, message: string): Attempt {
  return { result: { outcome: "unavailable", error: new FaultlineError(code, message) }, doubt: "unusable" };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
