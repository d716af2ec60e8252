/** A refusal, in the words of Redis. */
export class Refusal extends Error {
  override name = "Refusal";
}

/** What happened to a key that had a value. `overwrite`: `SET` put another value there. */
export type KeyEnd = "del" | "expire" | "overwrite";

/** Sees what happens to keys, at the moment it does. */
export interface DatabaseWatcher {
  ended(key: string, value: string, how: KeyEnd): void;
  /** The key's time was set anew. */
  timed(key: string, value: string, ttlMs: number): void;
}

interface Entry {
  value: string;
  /** Wall time of its last moment, ms; `Infinity` for none. */
  until: number;
}

const NOT_AN_INTEGER = "ERR value is not an integer or out of range";
const INTEGER = /^(?:0|-?[1-9][0-9]{0,18})$/;
const INT64_MAX = 9_223_372_036_854_775_807n;

/**
 * Texts with an end, as Redis keeps them: a key lives up to and including its last millisecond of the server's *wall* clock
 * (`now > when` is the server's own test), which is how a stepped clock ends locks early.
 */
export class Database {
  readonly #now: () => number;
  readonly #watcher: DatabaseWatcher;
  readonly #entries = new Map<string, Entry>();

  constructor(options: { now: () => number; watcher: DatabaseWatcher }) {
    this.#now = options.now;
    this.#watcher = options.watcher;
  }

  get(key: string): string | undefined {
    return this.#find(key)?.value;
  }

  set(key: string, value: string, options: { ttlMs?: number; onlyIfAbsent?: boolean } = {}): boolean {
    if (options.ttlMs !== undefined) checkInteger(options.ttlMs);
    if (options.ttlMs !== undefined && options.ttlMs < 1) throw new Refusal("ERR invalid expire time in 'set' command");
    const old = this.#find(key);
    if (old !== undefined && options.onlyIfAbsent === true) return false;
    if (old !== undefined && old.value !== value) this.#watcher.ended(key, old.value, "overwrite");
    this.#entries.set(key, { value, until: this.#now() + (options.ttlMs ?? Infinity) });
    return true;
  }

  del(key: string): boolean {
    const entry = this.#find(key);
    if (entry === undefined) return false;
    this.#entries.delete(key);
    this.#watcher.ended(key, entry.value, "del");
    return true;
  }

  /** Keeps the key's end. */
  incr(key: string): bigint {
    const entry = this.#find(key);
    const old = entry?.value ?? "0";
    if (!INTEGER.test(old)) throw new Refusal(NOT_AN_INTEGER);
    const value = BigInt(old) + 1n;
    if (value > INT64_MAX) throw new Refusal("ERR increment or decrement would overflow");
    if (entry === undefined) this.#entries.set(key, { value: value.toString(), until: Infinity });
    else entry.value = value.toString();
    return value;
  }

  pexpire(key: string, ttlMs: number): boolean {
    checkInteger(ttlMs);
    const entry = this.#find(key);
    if (entry === undefined) return false;
    if (ttlMs < 1) return this.del(key);
    entry.until = this.#now() + ttlMs;
    this.#watcher.timed(key, entry.value, ttlMs);
    return true;
  }

  /** As the wire has it: −2 for no such key, −1 for one without an end. */
  pttl(key: string): number {
    const entry = this.#find(key);
    if (entry === undefined) return -2;
    return entry.until === Infinity ? -1 : entry.until - this.#now();
  }

  /** Ends what is over; @returns wall ms until the next key is over, `Infinity` for none. */
  sweep(): number {
    let next = Infinity;
    for (const [key, entry] of [...this.#entries]) {
      if (this.#find(key) !== undefined) next = Math.min(next, entry.until + 1 - this.#now());
    }
    return next;
  }

  #find(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || this.#now() <= entry.until) return entry;
    this.#entries.delete(key);
    this.#watcher.ended(key, entry.value, "expire");
    return undefined;
  }
}

function checkInteger(value: number): void {
  if (!Number.isSafeInteger(value)) throw new Refusal(NOT_AN_INTEGER);
}
