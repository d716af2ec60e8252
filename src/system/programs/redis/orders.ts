import { FaultlineError } from "../../ports/errors.ts";
import type { Message } from "../../ports/transport.ts";

/** Every answer is held back so long from now on, ms; 0 for not at all. */
export interface RedisSlow extends Message {
  readonly type: "redis.slow";
  readonly byMs: number;
}

/** The server is gone, and with it the writes of its last `loseMs`, 0…60,000: nobody answers until a replica serves. */
export interface RedisFailover extends Message {
  readonly type: "redis.failover";
  readonly loseMs: number;
}

/** The replica serves. */
export interface RedisServe extends Message {
  readonly type: "redis.serve";
}

export type RedisOrder = RedisSlow | RedisFailover | RedisServe;

/** @throws {FaultlineError} `REDIS_ORDER` for one that a server does not know. */
export function redisOrder(order: Message): RedisOrder {
  if (order.type === "redis.serve") return order as RedisServe;
  const key = order.type === "redis.slow" ? "byMs" : order.type === "redis.failover" ? "loseMs" : undefined;
  const ms = key === undefined ? undefined : order[key];
  if (typeof ms !== "number" || !Number.isSafeInteger(ms) || ms < 0)
    throw new FaultlineError(
      "REDIS_ORDER",
      `a Redis server takes redis.slow with byMs, redis.failover with loseMs (integers ≥ 0) and redis.serve; got ${JSON.stringify(order)}.`,
      { order },
    );
  return order as RedisOrder;
}
