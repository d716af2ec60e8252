import { FaultlineError } from "./errors.ts";

/** What a script gave back: Lua integers, texts, nil and tables. */
export type RedisReply = string | number | null | readonly RedisReply[];

/** `REDIS_REPLY`: the server refused. `REDIS_UNAVAILABLE`: nothing was sent. `REDIS_LOST`, `REDIS_TIMEOUT`: sent, and no answer came. */
export type RedisErrorCode = "REDIS_REPLY" | "REDIS_UNAVAILABLE" | "REDIS_LOST" | "REDIS_TIMEOUT";

/** A command that failed. `facts` holds `command` and, of a refusal, the server's `reply`. */
export class RedisError extends FaultlineError {
  /** True: the command certainly had no effect (a script that was refused half-way excepted). False: it may have had one, or may have one still. */
  readonly definite: boolean;
  constructor(code: RedisErrorCode, command: string, options: { reply?: string } & ErrorOptions = {}) {
    const { reply, ...cause } = options;
    super(code, TEXTS[code](command, reply), { command, ...(reply === undefined ? {} : { reply }) }, cause);
    this.definite = code === "REDIS_REPLY" || code === "REDIS_UNAVAILABLE";
  }
}

const TEXTS: Readonly<Record<RedisErrorCode, (command: string, reply?: string) => string>> = {
  REDIS_REPLY: (command, reply) => `the server refused ${command}: ${reply ?? ""}`,
  REDIS_UNAVAILABLE: (command) => `${command} was not sent: there is no connection to the server.`,
  REDIS_LOST: (command) => `the connection broke before ${command} was answered; it may have taken effect.`,
  REDIS_TIMEOUT: (command) => `no answer to ${command} in time; it may have taken effect, or may take it still.`,
};

/** How {@link RedisPort.set} writes. */
export interface RedisSetOptions {
  /** The key ends after so long by the server's clock, integer ms ≥ 1. Default never. */
  readonly ttlMs?: number;
  /** Only if the key does not exist (`NX`). */
  readonly onlyIfAbsent?: boolean;
}

/**
 * The part of Redis that this package uses. Keys and values are texts.
 *
 * Every call settles within a time the client knows, answered or not; what fails rejects with {@link RedisError}, whose
 * `definite` says whether the command may have taken effect.
 */
export interface RedisPort {
  /** @returns `undefined` when there is no such key. */
  get(key: string): Promise<string | undefined>;
  /** @returns whether it was written: false only with `onlyIfAbsent`. */
  set(key: string, value: string, options?: RedisSetOptions): Promise<boolean>;
  /** @returns whether there was such a key. */
  del(key: string): Promise<boolean>;
  /** Time the key has left by the server's clock, ms; `undefined` when there is no such key, `Infinity` when it never ends. */
  pttl(key: string): Promise<number | undefined>;
  /**
   * Runs a Lua script, atomically.
   *
   * @param script  Its text: what identifies it. A client may send its digest instead once the server knows it.
   * @param args    Numbers as decimal texts, as the wire carries them.
   */
  eval(script: string, keys: readonly string[], args: readonly string[]): Promise<RedisReply>;
}
