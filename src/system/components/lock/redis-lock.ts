import { assert, FaultlineError } from "../../ports/errors.ts";
import { RedisError, type RedisPort, type RedisReply } from "../../ports/redis.ts";
import type { Asked, Granter } from "./granter.ts";
import { LockClient, type LockClientPorts } from "./lock-client.ts";
import type { AcquireOptions, Acquisition, TransferableLock } from "./lock-port.ts";
import { ACQUIRE, ANY_SERVER, EXTEND, fenceKey, NO_SERVER, RELEASE, TAKE_OVER } from "./lock-scripts.ts";

export interface RedisLockOptions extends LockClientPorts {
  readonly redis: RedisPort;
  /**
   * The epoch of a server by its run id, 1…2^31 − 2: an agreement of all who share the lock. The same id has the same epoch for
   * everybody, and a new one a larger epoch than every id before it ({@link EpochBook}). Asked when a server first answers; it must
   * settle, and when it rejects, nothing is granted. Without it, fencing numbers grow only as long as the server remembers them.
   */
  readonly epochOf?: (serverId: string) => Promise<number>;
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
export class RedisLock implements TransferableLock {
  readonly #client: LockClient;

  constructor(options: RedisLockOptions) {
    this.#client = new LockClient(options, new RedisGranter(options));
  }

  acquire(key: string, options?: AcquireOptions): Promise<Acquisition> {
    return this.#client.acquire(key, options);
  }
  takeOver(key: string, token: string, options?: AcquireOptions): Promise<Acquisition> {
    return this.#client.takeOver(key, token, options);
  }
}

class RedisGranter implements Granter {
  readonly #options: RedisLockOptions;
  /** The server that answered last. */
  #server: ServerLife | undefined;

  constructor(options: RedisLockOptions) {
    this.#options = options;
  }

  /** Asks the server that answers, whichever that is by now. */
  async acquire(key: string, token: string, ttlMs: number, above: bigint): Promise<Asked> {
    const { epochOf } = this.#options;
    for (let servers = 1; ; servers++) {
      const asked = await this.#ask(key, token, ttlMs, above);
      if (!("otherServer" in asked)) return asked;
      if (epochOf === undefined || servers > SERVERS_MAX)
        return unavailable(new FaultlineError("LOCK_SERVER", "the lock's server changed while it was asked."), false);
      try {
        this.#server = { id: asked.otherServer, floor: fencingEpoch(await epochOf(asked.otherServer)) };
      } catch (error) {
        return unavailable(error, false);
      }
    }
  }

  async extend(key: string, token: string, ttlMs: number): Promise<boolean> {
    return (await this.#options.redis.eval(EXTEND, [key], [token, String(ttlMs)])) === 1;
  }

  async release(key: string, token: string): Promise<boolean> {
    return (await this.#options.redis.eval(RELEASE, [key], [token])) === 1;
  }

  async takeOver(key: string, { from, to }: { from: string; to: string }, ttlMs: number): Promise<Asked> {
    const { redis } = this.#options;
    const asked = await this.#asked(() => redis.eval(TAKE_OVER, [key, fenceKey(key)], [to, from, String(ttlMs)]));
    assert(!("otherServer" in asked), "only an acquisition names a server");
    return asked;
  }

  #ask(key: string, token: string, ttlMs: number, above: bigint): Promise<Asked | OtherServer> {
    const { redis, epochOf } = this.#options;
    const { id, floor: own } = this.#server ?? { id: epochOf === undefined ? ANY_SERVER : NO_SERVER, floor: 0n };
    const floor = above > own ? above : own;
    return this.#asked(() => redis.eval(ACQUIRE, [key, fenceKey(key)], [token, String(ttlMs), floor.toString(), id]));
  }

  async #asked(ask: () => Promise<RedisReply>): Promise<Asked | OtherServer> {
    const askedAtMs = this.#options.clock.monotonic();
    let reply: RedisReply;
    try {
      reply = await ask();
    } catch (error) {
      return unavailable(error, !(error instanceof RedisError && error.definite));
    }
    if (reply === null) return { outcome: "busy" };
    if (Array.isArray(reply) && reply[0] === "server" && typeof reply[1] === "string") return { otherServer: reply[1] };
    if (typeof reply === "string") return { outcome: "granted", fencing: BigInt(reply), askedAtMs };
    return unavailable(new FaultlineError("LOCK_REPLY", `the lock script gave ${JSON.stringify(reply)}.`), true);
  }
}

function unavailable(error: unknown, mayBeGranted: boolean): Asked {
  return { outcome: "unavailable", error: error instanceof Error ? error : new Error(String(error)), mayBeGranted };
}
