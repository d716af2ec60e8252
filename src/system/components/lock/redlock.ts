import { FaultlineError } from "../../ports/errors.ts";
import type { RedisPort } from "../../ports/redis.ts";
import type { Asked, Granter } from "./granter.ts";
import { LockClient, type LockClientPorts } from "./lock-client.ts";
import type { AcquireOptions, Acquisition, LockPort } from "./lock-port.ts";
import { ACQUIRE, ANY_SERVER, EXTEND, fenceKey, RELEASE } from "./lock-scripts.ts";

export interface RedlockOptions extends LockClientPorts {
  /** Servers that know nothing of each other, an odd number; usually 5. */
  readonly servers: readonly RedisPort[];
}

/**
 * The Redlock algorithm: a lock is held by whoever was granted it by a majority of Redis servers.
 *
 * @remarks For comparison only. It has no fencing number worth the name: `fencing` is the largest of what the servers that granted it
 * counted, each for itself, and another majority may count less; so a resource that compares it refuses the rightful holder, or
 * takes the late write of a paused one. Its safety rests on clocks alone. Use a {@link RedisLock} with `epochOf`, or a `RaftLock`.
 * @see redis.io, Distributed Locks with Redis; Kleppmann 2016, How to do distributed locking.
 */
export class Redlock implements LockPort {
  readonly #client: LockClient;

  constructor(options: RedlockOptions) {
    this.#client = new LockClient(options, new MajorityGranter(options));
  }

  acquire(key: string, options?: AcquireOptions): Promise<Acquisition> {
    return this.#client.acquire(key, options);
  }
}

class MajorityGranter implements Granter {
  readonly #options: RedlockOptions;

  constructor(options: RedlockOptions) {
    this.#options = options;
  }

  async acquire(key: string, token: string, ttlMs: number): Promise<Asked> {
    const askedAtMs = this.#options.clock.monotonic();
    const args = [token, String(ttlMs), "0", ANY_SERVER];
    const replies = await this.#all((redis) => redis.eval(ACQUIRE, [key, fenceKey(key)], args));
    const numbers = replies.flatMap((reply) => (typeof reply === "string" ? [BigInt(reply)] : []));
    if (numbers.length >= this.#majority) {
      const fencing = numbers.reduce((a, b) => (a > b ? a : b));
      return { outcome: "granted", fencing, askedAtMs };
    }
    // What a minority granted is to be given back; what is held by others needs nothing.
    if (numbers.length === 0 && replies.length >= this.#majority) return { outcome: "busy" };
    const error = new FaultlineError(
      "LOCK_MINORITY",
      `${String(numbers.length)} of ${String(this.#options.servers.length)} servers granted the lock "${key}"; ${String(this.#majority)} are needed.`,
      { key, granted: numbers.length, answered: replies.length },
    );
    return { outcome: "unavailable", error, mayBeGranted: true };
  }

  extend(key: string, token: string, ttlMs: number): Promise<boolean> {
    return this.#doneByMajority((redis) => redis.eval(EXTEND, [key], [token, String(ttlMs)]));
  }

  release(key: string, token: string): Promise<boolean> {
    return this.#doneByMajority((redis) => redis.eval(RELEASE, [key], [token]));
  }

  /** Whether a majority did it; rejects while those that did not answer could make the difference. */
  async #doneByMajority(ask: (redis: RedisPort) => Promise<unknown>): Promise<boolean> {
    const replies = await this.#all(ask);
    const done = replies.filter((reply) => reply === 1).length;
    const silent = this.#options.servers.length - replies.length;
    if (done >= this.#majority) return true;
    if (done + silent < this.#majority) return false;
    throw new FaultlineError("LOCK_MINORITY", `${String(silent)} servers did not answer.`, { done, silent });
  }

  /** The answers of those that answered. */
  async #all(ask: (redis: RedisPort) => Promise<unknown>): Promise<unknown[]> {
    const settled = await Promise.allSettled(this.#options.servers.map(ask));
    return settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  }

  get #majority(): number {
    return Math.floor(this.#options.servers.length / 2) + 1;
  }
}
