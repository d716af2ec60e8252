import type { Clock } from "../../ports/clock.ts";
import type { Disk } from "../../ports/disk.ts";
import { assert } from "../../ports/errors.ts";
import type { NodeId } from "../../ports/node-id.ts";
import type { Observer } from "../../ports/observer.ts";
import type { Timers } from "../../ports/timers.ts";
import type { Fields, Plain } from "../../ports/transport.ts";
import { ConfigHistory } from "./config-history.ts";
import { describeConfig, type GroupConfig } from "./group-config.ts";
import { RaftLog, type LogBase, type LogEntry } from "./raft-log.ts";
import { RaftStorage, type LogImage } from "./raft-storage.ts";
import { snapshotOf, type Snapshot } from "./snapshot.ts";
import type { StateMachinePort } from "./state-machine-port.ts";
import type { StoredState } from "./stored-state.ts";

export type { Applied } from "./state-machine-port.ts";

export interface ReplicatedLogOptions extends StateMachinePort {
  readonly id: NodeId;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly observer: Observer;
  /** The group before any configuration entry. */
  readonly founding: GroupConfig;
  /** Applied entries after which a snapshot is taken, of a state machine that gives one. */
  readonly snapshotEntries: number;
  /** Another configuration is in force, from this moment on. */
  onConfig(config: GroupConfig): void;
  /** An entry was applied: a command with its result, a no-op or a configuration with `null`. */
  onApplied(entry: LogEntry, result: Plain): void;
}

/**
 * A node's log as its role code sees it: in memory, on the disk, committed and applied, each with its record. Its beginning gives way
 * to a snapshot from time to time, its own or a leader's.
 */
export class ReplicatedLog {
  readonly #options: ReplicatedLogOptions;
  readonly #entries = new RaftLog();
  readonly #storage: RaftStorage;
  readonly #configs: ConfigHistory;
  #snapshot: Snapshot | undefined;
  #commitIndex = 0;
  #appliedIndex = 0;
  #hasMarks = false;

  constructor(options: ReplicatedLogOptions) {
    this.#options = options;
    this.#storage = new RaftStorage(options);
    this.#configs = new ConfigHistory(options.founding);
  }

  /** Reads what a former incarnation stored. Call once, first. @param newDisk  Name for the disk if nothing is there. */
  async load(newDisk: () => string): Promise<StoredState> {
    const stored = await this.#storage.load(newDisk);
    const { snapshot, base } = stored;
    if (snapshot !== undefined) {
      this.#entries.rebase(base);
      this.#configs.restore(snapshot, false);
      this.#takeOver(snapshot, "");
      this.#observeSnapshot("raft.install", snapshot, { from: "" });
    }
    for (const { entry, hash } of stored.entries) {
      this.#entries.append(entry, hash);
      this.#note(entry);
    }
    if (this.configIndex > 0) this.#options.onConfig(this.config);
    return stored;
  }

  /** The newest configuration of the log. */
  get config(): GroupConfig {
    return this.#configs.newest.config;
  }
  /** Where it stands; 0 for the founding one. */
  get configIndex(): number {
    return this.#configs.newest.index;
  }
  /** The newest snapshot: its own or a leader's. There is one when the log has lost its beginning. */
  get snapshot(): Snapshot | undefined {
    return this.#snapshot;
  }
  /** What comes before the first entry: what a snapshot alone can tell. */
  get base(): LogBase {
    return this.#entries.base;
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
      // What comes before the log is committed, and so the same.
      if (known === entry.term || entry.index <= this.base.index) continue;
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
    while (this.#appliedIndex < index) {
      this.#apply(this.#entries.entry(++this.#appliedIndex) as LogEntry);
      this.#takeSnapshot();
    }
  }

  /**
   * §7: puts a leader's snapshot in the place of what it holds, and of all that follows if its last entry is not in this log. Durable
   * with what is saved after it.
   */
  install(snapshot: Snapshot, from: string): void {
    const { index, term } = snapshot;
    assert(index > this.#commitIndex, "a snapshot brings something new", { index, commitIndex: this.#commitIndex });
    const isHeld = this.#entries.rebase({ index, term });
    this.#storage.saveSnapshot(snapshot);
    const isOther = this.#configs.restore(snapshot, isHeld);
    this.#takeOver(snapshot, from);
    if (isOther) this.#takeForce();
    this.#compact(snapshot);
    this.#storage.whenDurable(() => {
      this.#observeSnapshot("raft.install", snapshot, { from });
    });
  }

  /** Takes a snapshot when enough was applied since the last one. */
  #takeSnapshot(): void {
    const index = this.#appliedIndex;
    if (this.#options.snapshot === undefined || index - (this.#snapshot?.index ?? 0) < this.#options.snapshotEntries)
      return;
    const place = { index, term: this.#entries.termAt(index), config: this.#configs.at(index) };
    const taken = snapshotOf(place, this.#hasMarks ? undefined : this.#options.snapshot());
    this.#snapshot = taken;
    this.#observeSnapshot("raft.snapshot", taken, {});
    this.#compact(taken);
  }

  /** Lets the log on the disk begin with the newest snapshot, if there is room, and then drops what that makes superfluous. */
  #compact(snapshot: Snapshot): void {
    const kept = Math.floor(this.#options.snapshotEntries / 2);
    const from = snapshot.index - kept > this.base.index ? snapshot.index - kept : this.base.index;
    const base: LogBase = { index: from, term: this.#entries.termAt(from) };
    const image = (): LogImage => {
      // By now there may be a newer one, of a leader, which has the log begin later.
      const newest = this.#snapshot ?? snapshot;
      const start = this.base.index > base.index ? this.base : base;
      return { snapshot: newest, base: start, entries: this.#entries.after(start.index) };
    };
    this.#storage.rewrite(image, (isDone) => {
      if (!isDone || base.index <= this.base.index) return;
      this.#entries.rebase(base);
      this.#options.observer.point("raft.compact", { first: base.index + 1 });
    });
  }

  /** The state machine goes on from a snapshot. */
  #takeOver(snapshot: Snapshot, from: string): void {
    this.#snapshot = snapshot;
    this.#commitIndex = snapshot.index;
    this.#appliedIndex = snapshot.index;
    this.#hasMarks = snapshot.isBare || this.#entries.after(snapshot.index).some(({ mark }) => mark !== undefined);
    if (!snapshot.isBare) this.#options.restore?.(snapshot.state);
    this.#observeSnapshot("raft.restore", snapshot, { from });
  }

  #observeSnapshot(
    name: "raft.snapshot" | "raft.restore" | "raft.install",
    { index, term, hash, isBare }: Snapshot,
    more: Fields,
  ): void {
    this.#options.observer.point(name, { index, term, hash, isBare, ...more });
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
    const { index, term, config } = this.#configs.newest;
    this.#options.observer.point("raft.config", { index, term, ...describeConfig(config) });
  }

  /** @returns whether the entry brought another configuration. */
  #note(entry: LogEntry): boolean {
    if (entry.mark !== undefined) this.#hasMarks = true;
    return this.#configs.add(entry);
  }

  #takeForce(): void {
    this.observeConfig();
    this.#options.onConfig(this.config);
  }

  #truncate(from: number): void {
    assert(from > this.#commitIndex, "a committed entry is never replaced", { from, commitIndex: this.#commitIndex });
    this.#entries.truncate(from);
    this.#storage.saveTruncate(from);
    if (this.#configs.truncate(from)) this.#takeForce();
    this.#storage.whenDurable(() => {
      this.#options.observer.point("raft.truncate", { from });
    });
  }

  #observeAppend({ entry, prevTerm, hash }: StoredEntry): void {
    const { index, term, type } = entry;
    this.#options.observer.point("raft.append", { index, term, prevTerm, hash, type });
  }
}

/** An entry on its way to the disk, with what its record says: the term before it, and its CRC-32 as stored. */
interface StoredEntry {
  readonly entry: LogEntry;
  readonly prevTerm: number;
  readonly hash: number;
}
