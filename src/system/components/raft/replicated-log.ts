import type { Clock } from "../../ports/clock.ts";
import type { Disk } from "../../ports/disk.ts";
import { assert } from "../../ports/errors.ts";
import type { NodeId } from "../../ports/node-id.ts";
import type { Observer } from "../../ports/observer.ts";
import type { Timers } from "../../ports/timers.ts";
import type { Plain } from "../../ports/transport.ts";
import { describeConfig, fromCommand, type GroupConfig } from "./group-config.ts";
import { RaftLog, type LogEntry } from "./raft-log.ts";
import { RaftStorage, type StoredState } from "./raft-storage.ts";

/** What the state machine did with an entry; `hasEffect` is false for a repeated command. */
export interface Applied {
  readonly result: Plain;
  readonly hasEffect: boolean;
}

export interface ReplicatedLogOptions {
  readonly id: NodeId;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly observer: Observer;
  /** The group before any configuration entry. */
  readonly founding: GroupConfig;
  /** Another configuration is in force, from this moment on. */
  onConfig(config: GroupConfig): void;
  /** Applies a committed command to the state machine, once, in order. */
  apply(entry: LogEntry): Applied;
  /** An entry was applied: a command with its result, a no-op or a configuration with `null`. */
  onApplied(entry: LogEntry, result: Plain): void;
}

/** A node's log as its role code sees it: in memory, on the disk, committed and applied, each with its record. */
export class ReplicatedLog {
  readonly #options: ReplicatedLogOptions;
  readonly #entries = new RaftLog();
  readonly #storage: RaftStorage;
  /** Configurations of the log, the founding one first: the last is in force, committed or not. */
  readonly #configs: ConfigAt[];
  #commitIndex = 0;
  #appliedIndex = 0;
  #hasMarks = false;

  constructor(options: ReplicatedLogOptions) {
    this.#options = options;
    this.#storage = new RaftStorage(options);
    this.#configs = [{ index: 0, term: 0, config: options.founding }];
  }

  /** Reads what a former incarnation stored. Call once, first. @param newDisk  Name for the disk if nothing is there. */
  async load(newDisk: () => string): Promise<StoredState> {
    const stored = await this.#storage.load(newDisk);
    for (const { entry, hash } of stored.entries) {
      this.#entries.append(entry, hash);
      this.#note(entry);
    }
    if (this.configIndex > 0) this.#options.onConfig(this.config);
    return stored;
  }

  /** The newest configuration of the log. */
  get config(): GroupConfig {
    return this.#configAt.config;
  }
  /** Where it stands; 0 for the founding one. */
  get configIndex(): number {
    return this.#configAt.index;
  }
  /** Whether entries without payload are in it: then nothing can be applied from it, or copied. */
  get hasMarks(): boolean {
    return this.#hasMarks;
  }

  get lastIndex(): number {
    return this.#entries.lastIndex;
  }
  get lastTerm(): number {
    return this.#entries.lastTerm;
  }
  get commitIndex(): number {
    return this.#commitIndex;
  }
  get appliedIndex(): number {
    return this.#appliedIndex;
  }
  /** Whether everything saved so far is durable. */
  get isDurable(): boolean {
    return this.#storage.isDurable;
  }
  /** How long the last write to the disk took, or the present one takes already, ms. */
  get writeMs(): number {
    return this.#storage.writeMs;
  }
  /** Whether what is to be written does not fit on the disk. */
  get isDiskFull(): boolean {
    return this.#storage.isFull;
  }
  termAt(index: number): number {
    return this.#entries.termAt(index);
  }
  hashAt(index: number): number {
    return this.#entries.hashAt(index);
  }
  slice(index: number, count: number): readonly LogEntry[] {
    return this.#entries.slice(index, count);
  }
  lastIndexNotAfter(term: number, index: number): number {
    return this.#entries.lastIndexNotAfter(term, index);
  }
  isUpToDate(lastTerm: number, lastIndex: number): boolean {
    return this.#entries.isUpToDate(lastTerm, lastIndex);
  }

  /** Runs `then` once everything saved so far is durable: at once when it is. */
  whenDurable(then: () => void): void {
    this.#storage.whenDurable(then);
  }
  saveVote(term: number, votedFor: string): void {
    this.#storage.saveVote(term, votedFor);
  }

  /** A leader's own entry. `then` runs when it is durable. */
  append(entry: LogEntry, then: () => void): void {
    const stored = this.#add(entry);
    this.#storage.whenDurable(() => {
      this.#observeAppend(stored);
      then();
    });
  }

  /** §5.3: keeps what is already there, truncates only at a real conflict, so that a late shorter batch removes nothing. */
  merge(entries: readonly LogEntry[]): void {
    const added: StoredEntry[] = [];
    for (const entry of entries) {
      const known = this.#entries.termAt(entry.index);
      if (known === entry.term) continue;
      if (known >= 0) this.#truncate(entry.index);
      added.push(this.#add(entry));
    }
    if (added.length === 0) return;
    this.#storage.whenDurable(() => {
      for (const stored of added) this.#observeAppend(stored);
    });
  }

  /** Learns that everything up to `index` is committed, and applies it. */
  commitTo(index: number, currentTerm: number): void {
    if (index <= this.#commitIndex) return;
    const { observer } = this.#options;
    this.#commitIndex = index;
    observer.point("raft.commit", { index, term: currentTerm, entryTerm: this.#entries.termAt(index) });
    while (this.#appliedIndex < index) this.#apply(this.#entries.entry(++this.#appliedIndex) as LogEntry);
  }

  #apply(entry: LogEntry): void {
    const { index, term, client, seq } = entry;
    // A witness has nothing to apply.
    if (this.#hasMarks) return;
    const isCommand = entry.type === "command";
    const { result, hasEffect } = isCommand ? this.#options.apply(entry) : { result: null, hasEffect: true };
    const hash = this.#entries.hashAt(index);
    this.#options.observer.point("raft.apply", { index, term, hash, client, seq, effect: hasEffect });
    this.#options.onApplied(entry, result);
  }

  #add(entry: LogEntry): StoredEntry {
    const prevTerm = this.#entries.lastTerm;
    const hash = this.#storage.saveEntry(entry);
    this.#entries.append(entry, hash);
    if (this.#note(entry)) this.#takeForce();
    return { entry, prevTerm, hash };
  }

  /** Writes down the configuration in force: after a restart, and whenever it changes. */
  observeConfig(): void {
    const { index, term, config } = this.#configAt;
    this.#options.observer.point("raft.config", { index, term, ...describeConfig(config) });
  }

  /** @returns whether the entry brought another configuration. */
  #note(entry: LogEntry): boolean {
    if (entry.mark !== undefined) this.#hasMarks = true;
    if (entry.type !== "config") return false;
    this.#configs.push({ index: entry.index, term: entry.term, config: fromCommand(entry.command) });
    return true;
  }

  #takeForce(): void {
    this.observeConfig();
    this.#options.onConfig(this.config);
  }

  get #configAt(): ConfigAt {
    return this.#configs.at(-1) as ConfigAt;
  }

  #truncate(from: number): void {
    assert(from > this.#commitIndex, "a committed entry is never replaced", { from, commitIndex: this.#commitIndex });
    this.#entries.truncate(from);
    this.#storage.saveTruncate(from);
    const { length } = this.#configs;
    while (this.configIndex >= from) this.#configs.pop();
    if (this.#configs.length < length) this.#takeForce();
    this.#storage.whenDurable(() => {
      this.#options.observer.point("raft.truncate", { from });
    });
  }

  #observeAppend({ entry, prevTerm, hash }: StoredEntry): void {
    const { index, term, type } = entry;
    this.#options.observer.point("raft.append", { index, term, prevTerm, hash, type });
  }
}

interface ConfigAt {
  readonly index: number;
  readonly term: number;
  readonly config: GroupConfig;
}

/** An entry on its way to the disk, with what its record says: the term before it, and its CRC-32 as stored. */
interface StoredEntry {
  readonly entry: LogEntry;
  readonly prevTerm: number;
  readonly hash: number;
}
