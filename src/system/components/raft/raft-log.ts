import { assert } from "../../ports/errors.ts";
import type { Plain } from "../../ports/transport.ts";

/** One entry of the replicated log. Immutable from the moment it exists; followers keep the leader's object. */
export interface LogEntry {
  /** Position, from 1, without gaps. */
  readonly index: number;
  /** Term of the leader that made it. */
  readonly term: number;
  /** `noop` opens a term (§8 of the Raft paper, thesis §6.4); `command` is for the state machine; `config` holds a {@link GroupConfig}. */
  readonly type: "noop" | "command" | "config";
  readonly command: Plain;
  /** Session of the client, `""` for none, and its number there, from 1; 0 for none. */
  readonly client: string;
  readonly seq: number;
  /** In the log of a witness, whose commands have no payload: the CRC-32 of the entry as full members store it, a signed integer. */
  readonly mark?: number;
}

/** Where a log begins: the last entry before it, which a snapshot holds with all before; zeros for a log from the start. */
export interface LogBase {
  readonly index: number;
  readonly term: number;
}

/** An entry, and its CRC-32 as stored. */
export interface HashedEntry {
  readonly entry: LogEntry;
  readonly hash: number;
}

/** Slices remembered. */
const SLICES = 4;

/** The log in memory, from its base on. Durability is {@link RaftStorage}'s. */
export class RaftLog {
  #base: LogBase = { index: 0, term: 0 };
  readonly #entries: HashedEntry[] = [];
  /** Full slices asked for lately, by the low bits of where they begin: who does not answer is sent the same again and again. */
  #slices: (readonly LogEntry[])[] = [];

  /** What comes before the first entry. Everything up to it is committed. */
  get base(): LogBase {
    return this.#base;
  }
  get lastIndex(): number {
    return this.#base.index + this.#entries.length;
  }
  /** 0 for an empty log. */
  get lastTerm(): number {
    return this.#entries.at(-1)?.entry.term ?? this.#base.term;
  }
  entry(index: number): LogEntry | undefined {
    return this.#at(index)?.entry;
  }
  /** Term of the entry at `index`, that of the base included; 0 at index 0, −1 where there is none. */
  termAt(index: number): number {
    return index === this.#base.index ? this.#base.term : (this.#at(index)?.entry.term ?? -1);
  }
  /** CRC-32 of the entry at `index` as stored. */
  hashAt(index: number): number {
    return (this.#at(index) as HashedEntry).hash;
  }
  /** @param hash CRC-32 of the entry as stored. */
  append(entry: LogEntry, hash: number): void {
    const { lastIndex, lastTerm } = this;
    assert(entry.index === lastIndex + 1, "an append leaves no gap", { index: entry.index, lastIndex });
    assert(entry.term >= lastTerm, "terms never decrease along the log", { term: entry.term, lastTerm });
    this.#entries.push({ entry, hash });
  }
  /** Removes the entries from `index` on. */
  truncate(index: number): void {
    this.#entries.length = index - 1 - this.#base.index;
    this.#slices = [];
  }
  /**
   * Lets the log begin after this entry. What follows it is kept if the log holds this very entry, and dropped if it does not: then
   * it never followed it.
   *
   * @returns whether it was kept.
   */
  rebase({ index, term }: LogBase): boolean {
    const isHeld = this.termAt(index) === term;
    this.#entries.splice(0, isHeld ? index - this.#base.index : this.#entries.length);
    this.#base = { index, term };
    this.#slices = [];
    return isHeld;
  }
  /** Entries from `index` on, at most `count`. */
  slice(index: number, count: number): readonly LogEntry[] {
    const known = this.#slices[index % SLICES];
    if (known?.length === count && known[0]?.index === index) return known;
    const entries = this.#copy(index, count);
    if (entries.length === count && count > 1) this.#slices[index % SLICES] = entries;
    return entries;
  }
  /** Every entry after `index`. */
  after(index: number): readonly LogEntry[] {
    return this.#copy(index + 1, this.#entries.length);
  }
  /**
   * Last index whose term is at most `term`, at or before `index`: where a rejecting follower's hint lets the leader go on. Below the
   * base of the log when there is none in it.
   */
  lastIndexNotAfter(term: number, index: number): number {
    let at = index < this.lastIndex ? index : this.lastIndex;
    while (at >= this.#base.index && at > 0 && this.termAt(at) > term) at--;
    return at;
  }
  /** §5.4.1: whether a log that ends in (`lastTerm`, `lastIndex`) is at least as up to date as this one. */
  isUpToDate(lastTerm: number, lastIndex: number): boolean {
    return lastTerm > this.lastTerm || (lastTerm === this.lastTerm && lastIndex >= this.lastIndex);
  }

  #copy(index: number, count: number): readonly LogEntry[] {
    const from = index - 1 - this.#base.index;
    return this.#entries.slice(from, from + count).map(({ entry }) => entry);
  }
  #at(index: number): HashedEntry | undefined {
    return this.#entries[index - 1 - this.#base.index];
  }
}
