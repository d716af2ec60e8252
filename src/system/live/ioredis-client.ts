import { createHash } from "node:crypto";
import { RedisError, type RedisPort, type RedisReply, type RedisSetOptions } from "../ports/redis.ts";

/** What is used of an ioredis `Redis` or `Cluster` (version 6); the package itself is the caller's, and is not imported here. */
export interface IoRedisLike {
  readonly status: string;
  call(command: string, ...args: string[]): Promise<unknown>;
}

export interface IoRedisClientOptions {
  /** How long a call waits for its answer, integer ms ≥ 1. Default 1,000. Keep it well below a third of a lock's TTL. A script that the server must be sent again may take twice as long. */
  readonly timeoutMs?: number;
}

/** Where an ioredis client refuses a command at once because it is not connected. */
const NOT_WRITEABLE = "Stream isn't writeable";

/**
 * {@link RedisPort} over the caller's ioredis client.
 *
 * @remarks A command that timed out here may still wait in ioredis and run much later; the lock allows for that. Give the client an
 * `error` listener, and for a lock `enableOfflineQueue: false` or a small `maxRetriesPerRequest`, so that an absence is known at once.
 * @example
 * const redis = new IoRedisClient(new Redis({ host: "10.0.0.7", enableOfflineQueue: false }));
 */
export class IoRedisClient implements RedisPort {
  readonly #client: IoRedisLike;
  readonly #timeoutMs: number;
  readonly #digests = new Map<string, string>();

  constructor(client: IoRedisLike, options: IoRedisClientOptions = {}) {
    this.#client = client;
    this.#timeoutMs = options.timeoutMs ?? 1_000;
  }

  async get(key: string): Promise<string | undefined> {
    return ((await this.#call("GET", key)) as string | null) ?? undefined;
  }

  async set(key: string, value: string, options: RedisSetOptions = {}): Promise<boolean> {
    const end = options.ttlMs === undefined ? [] : ["PX", String(options.ttlMs)];
    const absent = options.onlyIfAbsent === true ? ["NX"] : [];
    return (await this.#call("SET", key, value, ...end, ...absent)) === "OK";
  }

  async del(key: string): Promise<boolean> {
    return (await this.#call("DEL", key)) === 1;
  }

  async pttl(key: string): Promise<number | undefined> {
    const left = (await this.#call("PTTL", key)) as number;
    return left === -2 ? undefined : left === -1 ? Infinity : left;
  }

  /** By digest, and by its text when the server does not know it (`NOSCRIPT`: after a restart, once). */
  async eval(script: string, keys: readonly string[], args: readonly string[]): Promise<RedisReply> {
    let digest = this.#digests.get(script);
    if (digest === undefined) this.#digests.set(script, (digest = createHash("sha1").update(script).digest("hex")));
    const rest = [String(keys.length), ...keys, ...args];
    try {
      return await this.#call("EVALSHA", digest, ...rest);
    } catch (error) {
      const isUnknown = error instanceof RedisError && String(error.facts["reply"]).startsWith("NOSCRIPT");
      if (!isUnknown) throw error;
      return await this.#call("EVAL", script, ...rest);
    }
  }

  #call(command: string, ...args: string[]): Promise<RedisReply> {
    const isEnded = this.#client.status === "end";
    return new Promise((resolve, reject) => {
      const timeout = setTimeout(() => reject(new RedisError("REDIS_TIMEOUT", command)), this.#timeoutMs);
      this.#client.call(command, ...args).then(
        (reply) => {
          clearTimeout(timeout);
          resolve(reply as RedisReply);
        },
        (error: unknown) => {
          clearTimeout(timeout);
          reject(toRedisError(error, command, isEnded));
        },
      );
    });
  }
}

/** @param isEnded Whether the client was closed for good before the command was handed to it. */
function toRedisError(error: unknown, command: string, isEnded: boolean): RedisError {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  if (name === "ReplyError") return new RedisError("REDIS_REPLY", command, { reply: message, cause: error });
  const isUnsent = isEnded || message.startsWith(NOT_WRITEABLE);
  return new RedisError(isUnsent ? "REDIS_UNAVAILABLE" : "REDIS_LOST", command, { cause: error });
}
