import type { Clock } from "../../ports/clock.ts";
import { assert, FaultlineError } from "../../ports/errors.ts";
import type { Observer } from "../../ports/observer.ts";
import type { Random } from "../../ports/random.ts";
import { RedisError, type RedisPort, type RedisReply } from "../../ports/redis.ts";
import type { Timers } from "../../ports/timers.ts";
import { acquireOptions, type AcquireOptions, type Acquisition, type LockPort } from "./lock-port.ts";
import { ACQUIRE, ANY_SERVER, fenceKey, NO_SERVER, RELEASE } from "./lock-scripts.ts";
import { LockStates } from "./lock-states.ts";
import { RedisHeldLock, validityMs } from "./redis-held-lock.ts";

export interface RedisLockOptions {
  readonly redis: RedisPort;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly observer: Observer;
  /**
   * The epoch of a server by its run id, 1…2^31 − 2: an agreement of all who share the lock. The same id has the same epoch for
   * everybody, and a new one a larger epoch than every id before it ({@link EpochBook}). Asked when a server first answers; it must
   * settle, and when it rejects, nothing is granted. Without it, fencing numbers grow only as long as the server remembers them.
   */
  readonly epochOf?: (serverId: string) => Promise<number>;
  /** Shortest pause between two attempts of one that waits, integer ms ≥ 1; up to as much again is added at random. Default 100. */
  readonly retryMs?: number;
}

/** Servers that one attempt follows, each of which may be gone before it is asked again. */
const SERVERS_MAX = 3;

/** The fencing numbers of an epoch are larger than this, and not larger than that of the next: `epoch · 2^32`. @param epoch 0…2^31 − 2. */
export function fencingEpoch(epoch: number): bigint {
  assert(Number.isSafeInteger(epoch) && epoch >= 0 && epoch < 2_147_483_647, "an epoch is 0…2^31 − 2", { epoch });
  return BigInt(epoch) << 32n;
}

/** A server's life, and the floor of its fencing numbers. */
interface ServerLife {
  readonly id: string;
  readonly floor: bigint;
}

/** An attempt; `unanswered` and `unusable` say that the server may hold the lock for us, and that we do not. */
interface Attempt {
  readonly result: Acquisition;
  readonly doubt: "none" | "unanswered" | "unusable";
}

/** Another server answered than the one that was meant. */
interface OtherServer {
  readonly otherServer: string;
}

/**
 * A lock kept by one Redis, fenced by a number that only grows.
 *
 * A grant is counted from the moment at which it was asked for, less 1 % and 2 ms for the difference of two clocks: the holder stops
 * believing in it before the server lets it go, whether or not the network lets them talk. When Redis cannot be asked, nothing is
 * granted: fail closed, there is no other way to be configured.
 *
 * With {@link RedisLockOptions.epochOf} a grant is bound to one life of the server: its fencing number starts at that life's epoch, and
 * the script grants nothing when another server answers than the one the epoch is for. So a server that comes back without its memory,
 * and a replica that never got the last writes, number above everything that was granted before.
 *
 * @remarks One Redis that forgets (no persistence, a failover that loses the last writes) can still let two hold a lock at once: then the
 * fencing number alone protects what the lock is for. An old primary that goes on beside its successor numbers below it, and is
 * refused where the number is compared. The server must not evict keys (`noeviction`), and its user may run `INFO` in scripts.
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
  /** The server that answered last. */
  #server: ServerLife | undefined;

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

  /** One attempt at the server that answers, whichever that is by now. */
  async #attempt(key: string, token: string, wanted: Required<AcquireOptions>): Promise<Attempt> {
    const { epochOf } = this.#options;
    for (let servers = 1; ; servers++) {
      const attempt = await this.#ask(key, token, wanted);
      if (!("otherServer" in attempt)) return attempt;
      if (epochOf === undefined || servers > SERVERS_MAX)
        return unavailable(new FaultlineError("LOCK_SERVER", "the lock's server changed while it was asked."), "none");
      try {
        this.#server = { id: attempt.otherServer, floor: fencingEpoch(await epochOf(attempt.otherServer)) };
      } catch (error) {
        return unavailable(asError(error), "none");
      }
    }
  }

  async #ask(key: string, token: string, wanted: Required<AcquireOptions>): Promise<Attempt | OtherServer> {
    const { redis, clock, epochOf } = this.#options;
    const { id, floor } = this.#server ?? { id: epochOf === undefined ? ANY_SERVER : NO_SERVER, floor: 0n };
    const sentAtMs = clock.monotonic();
    let reply: RedisReply;
    try {
      reply = await redis.eval(ACQUIRE, [key, fenceKey(key)], [token, String(wanted.ttlMs), floor.toString(), id]);
    } catch (error) {
      const doubt = error instanceof RedisError && error.definite ? "none" : "unanswered";
      return unavailable(asError(error), doubt);
    }
    if (reply === null) return { result: { outcome: "busy" }, doubt: "none" };
    if (Array.isArray(reply) && reply[0] === "server" && typeof reply[1] === "string") return { otherServer: reply[1] };
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
      warning: `${error instanceof RedisError ? "Redis connection failed" : "No usable grant"}. Distributed locking disabled.`,
      error: error instanceof FaultlineError ? error.code : error.name,
    });
  }
}

function unavailable(error: Error, doubt: Attempt["doubt"]): Attempt {
  return { result: { outcome: "unavailable", error }, doubt };
}

/** The server may hold the lock for us, and it is of no use. */
function unusable(code: string, message: string): Attempt {
  return unavailable(new FaultlineError(code, message), "unusable");
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
