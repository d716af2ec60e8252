import type { NodeId } from "../../ports/node.ts";
import type { Random } from "../../ports/random.ts";
import { RedisError, type RedisPort, type RedisReply, type RedisSetOptions } from "../../ports/redis.ts";
import type { Timer, Timers } from "../../ports/timers.ts";
import type { Message, Transport } from "../../ports/transport.ts";
import { scriptDigest, type RedisAnswer, type RedisRequest } from "./protocol.ts";

export interface SimRedisClientOptions {
  readonly server: NodeId;
  readonly transport: Transport;
  readonly timers: Timers;
  readonly random: Random;
  /** How long a call waits for its answer, integer ms ≥ 1. Default 1,000. */
  readonly timeoutMs?: number;
  /** First pause after which a command is sent again, doubled each time, integer ms ≥ 1. Default 200: TCP's shortest on Linux. */
  readonly resendMs?: number;
}

interface Call {
  readonly timer: Timer;
  readonly resolve: (value: RedisReply) => void;
  readonly reject: (error: RedisError) => void;
  readonly name: string;
}

/**
 * {@link RedisPort} by messages to a {@link redisServer}: what a client on one TCP connection would see of loss and repetition,
 * without the connection. It never knows that the server is away, so that its only failures are refusals and `REDIS_TIMEOUT`; a live
 * client may also know at once (`REDIS_UNAVAILABLE`, `REDIS_LOST`).
 */
export class SimRedisClient implements RedisPort {
  readonly #options: SimRedisClientOptions;
  readonly #session: string;
  readonly #calls = new Map<number, Call>();
  readonly #digests = new Map<string, string>();
  #nextId = 1;

  constructor(options: SimRedisClientOptions) {
    this.#options = options;
    this.#session = options.random.uint32().toString(16).padStart(8, "0");
    options.transport.subscribe((from, message) => {
      if (from === options.server && message.type === "redis.reply") this.#receive(message);
    });
  }

  async get(key: string): Promise<string | undefined> {
    return ((await this.#call(["GET", key])) as string | null) ?? undefined;
  }

  async set(key: string, value: string, options: RedisSetOptions = {}): Promise<boolean> {
    const end = options.ttlMs === undefined ? [] : ["PX", String(options.ttlMs)];
    const absent = options.onlyIfAbsent === true ? ["NX"] : [];
    return (await this.#call(["SET", key, value, ...end, ...absent])) === "OK";
  }

  async del(key: string): Promise<boolean> {
    return (await this.#call(["DEL", key])) === 1;
  }

  async pttl(key: string): Promise<number | undefined> {
    const left = (await this.#call(["PTTL", key])) as number;
    return left === -2 ? undefined : left === -1 ? Infinity : left;
  }

  eval(script: string, keys: readonly string[], args: readonly string[]): Promise<RedisReply> {
    let digest = this.#digests.get(script);
    if (digest === undefined) this.#digests.set(script, (digest = scriptDigest(script)));
    return this.#call(["EVALSHA", digest, String(keys.length), ...keys, ...args]);
  }

  #call(command: readonly string[]): Promise<RedisReply> {
    const { timers, timeoutMs = 1_000, resendMs = 200 } = this.#options;
    const request: RedisRequest = { type: "redis.request", session: this.#session, id: this.#nextId++, command };
    return new Promise((resolve, reject) => {
      let leftMs = timeoutMs;
      let pauseMs = resendMs;
      const wait = (): void => {
        const nextMs = Math.min(leftMs, pauseMs);
        leftMs -= nextMs;
        pauseMs *= 2;
        timer.arm(nextMs);
      };
      const timer = timers.create("redis answer", () => {
        if (leftMs === 0) {
          this.#calls.delete(request.id);
          reject(new RedisError("REDIS_TIMEOUT", command[0] ?? ""));
          return;
        }
        this.#options.transport.send(this.#options.server, request);
        wait();
      });
      this.#calls.set(request.id, { timer, resolve, reject, name: command[0] ?? "" });
      this.#options.transport.send(this.#options.server, request);
      wait();
    });
  }

  #receive(message: Message): void {
    const { session, id, value, error } = message as RedisAnswer;
    const call = session === this.#session ? this.#calls.get(id) : undefined;
    if (call === undefined) return;
    this.#calls.delete(id);
    call.timer.cancel();
    if (error === "") call.resolve(value);
    else call.reject(new RedisError("REDIS_REPLY", call.name, { reply: error }));
  }
}
