import { WriteJournal } from "./write-journal.ts";

/** A refusal, in the words of Redis. */
export class Refusal extends Error {
  override name = "Refusal";
}

/** What happened to a key that had a value. `overwrite`: `SET` put another value there. */
export type KeyEnd = "del" | "expire" | "overwrite";

/** A key's value and what is known of it. Never changed: a write puts another in its place. */
export interface Entry<Mark> {
  readonly value: string;
  /** Wall time of its last moment, ms; `Infinity` for none. */
  readonly until: number;
  /** What whoever wrote the value wants to know of it later. */
  readonly mark?: Mark;
}

/** Sees what happens to keys, at the moment it does. */
export interface DatabaseWatcher<Mark> {
  ended(key: string, entry: Entry<Mark>, how: KeyEnd): void;
  /** The key's time was set anew. */
  timed(key: string, entry: Entry<Mark>, ttlMs: number): void;
}

/** A key before and after a loss of its last writes. */
export interface Change<Mark> {
  readonly key: string;
  readonly before: Entry<Mark> | undefined;
  readonly after: Entry<Mark> | undefined;
}

export interface SetOptions<Mark> {
  readonly ttlMs?: number;
  readonly onlyIfAbsent?: boolean;
  readonly mark?: Mark;
}

const NOT_AN_INTEGER = "ERR value is not an integer or out of range";
const INTEGER = /^(?:0|-?[1-9][0-9]{0,18})$/;
const INT64_MAX = 9_223_372_036_854_775_807n;

/**
 * Texts with an end, as Redis keeps them: a key lives up to and including its last millisecond of the server's *wall* clock
 * (`now > when` is the server's own test), which is how a stepped clock ends locks early.
 */
export class Database<Mark> {
  readonly #now: () => number;
  readonly #watcher: DatabaseWatcher<Mark>;
  readonly #entries = new Map<string, Entry<Mark>>();
  readonly #journal: WriteJournal<Entry<Mark>>;

  /** @param options `now`: wall ms; `monotonic`: ms by which the age of a write is told. */
  constructor(options: { now: () => number; monotonic: () => number; watcher: DatabaseWatcher<Mark> }) {
    this.#now = options.now;
    this.#watcher = options.watcher;
    this.#journal = new WriteJournal(options.monotonic);
  }

  get(key: string): string | undefined {
    return this.#find(key)?.value;
  }

  set(key: string, value: string, options: SetOptions<Mark> = {}): boolean {
    const { ttlMs } = options;
    if (ttlMs !== undefined) checkInteger(ttlMs);
    if (ttlMs !== undefined && ttlMs < 1) throw new Refusal("ERR invalid expire time in 'set' command");
    const old = this.#find(key);
    if (old !== undefined && options.onlyIfAbsent === true) return false;
    if (old !== undefined && old.value !== value) this.#watcher.ended(key, old, "overwrite");
    const mark = options.mark ?? (old?.value === value ? old.mark : undefined);
    const until = this.#now() + (ttlMs ?? Infinity);
    this.#put(key, old, { value, until, ...(mark === undefined ? {} : { mark }) });
    return true;
  }

  del(key: string): boolean {
    const old = this.#find(key);
    if (old === undefined) return false;
    this.#put(key, old, undefined);
    this.#watcher.ended(key, old, "del");
    return true;
  }

  /** Keeps the key's end. */
  incr(key: string): bigint {
    const old = this.#find(key);
    const text = old?.value ?? "0";
    if (!INTEGER.test(text)) throw new Refusal(NOT_AN_INTEGER);
    const value = BigInt(text) + 1n;
    if (value > INT64_MAX) throw new Refusal("ERR increment or decrement would overflow");
    this.#put(key, old, { ...(old ?? { until: Infinity }), value: value.toString() });
    return value;
  }

  pexpire(key: string, ttlMs: number): boolean {
    checkInteger(ttlMs);
    const old = this.#find(key);
    if (old === undefined) return false;
    if (ttlMs < 1) return this.del(key);
    const entry = { ...old, until: this.#now() + ttlMs };
    this.#put(key, old, entry);
    this.#watcher.timed(key, entry, ttlMs);
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

  /**
   * Becomes what it was so long ago by the monotonic clock, as a replica that got no write since. What is over by now stays away.
   *
   * @returns the keys that changed.
   */
  lose(lastMs: number): Change<Mark>[] {
    this.sweep();
    return this.#journal.takeSince(lastMs).flatMap(({ key, old }) => {
      const before = this.#entries.get(key);
      const after = old !== undefined && this.#now() <= old.until ? old : undefined;
      if (after === undefined) this.#entries.delete(key);
      else this.#entries.set(key, after);
      return before === after ? [] : [{ key, before, after }];
    });
  }

  #put(key: string, old: Entry<Mark> | undefined, entry: Entry<Mark> | undefined): void {
    this.#journal.add(key, old);
    if (entry === undefined) this.#entries.delete(key);
    else this.#entries.set(key, entry);
  }

  #find(key: string): Entry<Mark> | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || this.#now() <= entry.until) return entry;
    this.#entries.delete(key);
    this.#watcher.ended(key, entry, "expire");
    return undefined;
  }
}

function checkInteger(value: number): void {
  if (!Number.isSafeInteger(value)) throw new Refusal(NOT_AN_INTEGER);
}
