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

/** The log in memory. Durability is {@link RaftStorage}'s. */
export class RaftLog {
  readonly #entries: LogEntry[] = [];
  readonly #hashes: number[] = [];

  get lastIndex(): number {
    return this.#entries.length;
  }
  /** 0 for an empty log. */
  get lastTerm(): number {
    return this.#entries.at(-1)?.term ?? 0;
  }
  entry(index: number): LogEntry | undefined {
    return this.#entries[index - 1];
  }
  /** Term of the entry at `index`; 0 at index 0, −1 where there is none. */
  termAt(index: number): number {
    if (index === 0) return 0;
    return this.#entries[index - 1]?.term ?? -1;
  }
  /** CRC-32 of the entry at `index` as stored. */
  hashAt(index: number): number {
    return this.#hashes[index - 1] as number;
  }
  /** @param hash CRC-32 of the entry as stored. */
  append(entry: LogEntry, hash: number): void {
    assert(entry.index === this.#entries.length + 1, "an append leaves no gap", {
      index: entry.index,
      lastIndex: this.#entries.length,
    });
    assert(entry.term >= this.lastTerm, "terms never decrease along the log", {
      term: entry.term,
      lastTerm: this.lastTerm,
    });
    this.#entries.push(entry);
    this.#hashes.push(hash);
  }
  /** Removes the entries from `index` on. */
  truncate(index: number): void {
    this.#entries.length = index - 1;
    this.#hashes.length = index - 1;
  }
  /** Entries from `index` on, at most `count`. */
  slice(index: number, count: number): readonly LogEntry[] {
    return this.#entries.slice(index - 1, index - 1 + count);
  }
  /** First index of the run of entries that have the term found at `index`. */
  firstIndexOfTermAt(index: number): number {
    const term = this.termAt(index);
    let first = index;
    while (first > 1 && this.termAt(first - 1) === term) first--;
    return first;
  }
  /** Last index whose term is at most `term`, at or before `index`: where a rejecting follower's hint lets the leader go on. */
  lastIndexNotAfter(term: number, index: number): number {
    let at = index < this.lastIndex ? index : this.lastIndex;
    while (at > 0 && this.termAt(at) > term) at--;
    return at;
  }
  /** §5.4.1: whether a log that ends in (`lastTerm`, `lastIndex`) is at least as up to date as this one. */
  isUpToDate(lastTerm: number, lastIndex: number): boolean {
    return lastTerm > this.lastTerm || (lastTerm === this.lastTerm && lastIndex >= this.lastIndex);
  }
}
