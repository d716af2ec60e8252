import type { Disk } from "../../ports/disk.ts";
import { FailStopError } from "../../ports/errors.ts";
import type { Clock } from "../../ports/clock.ts";
import type { NodeId } from "../../ports/node-id.ts";
import type { Timers } from "../../ports/timers.ts";
import { requireOwner } from "./disk-owner.ts";
import { DiskRoom, fits } from "./disk-room.ts";
import { EncodedEntries, type EncodedEntry } from "./encoded-entries.ts";
import { FrameBuffer } from "./frame-buffer.ts";
import { readFrames, type StoredFrame } from "./frame-reader.ts";
import type { LogBase, LogEntry } from "./raft-log.ts";
import type { Snapshot } from "./snapshot.ts";
import { foldFrames, NOTHING_STORED, type Frame, type StoredState } from "./stored-state.ts";

/** What a file that is written anew is to hold beside term and vote. */
export interface LogImage {
  readonly snapshot: Snapshot;
  readonly base: LogBase;
  readonly entries: readonly LogEntry[];
}

/** A wish to write the file anew. */
interface Rewrite {
  /** Asked when it is written: it has to hold whatever was saved until then. */
  readonly image: () => LogImage;
  readonly done: (isDone: boolean) => void;
}

const DIRECTORY = "raft";
const FILE = "raft/log";
const FILE_NEW = "raft/log.new";

/** Of all members in this process. */
const encoded = new EncodedEntries();

/**
 * Term, vote, snapshot and log in one append-only file, so that one sync makes them durable in the order in which they were written.
 *
 * The file grows until it is written anew without what a snapshot holds already: under another name, synced, and put in the old one's
 * place. A power loss finds the one or the other, each whole, and nothing is appended to the new one before its name is durable too.
 *
 * A frame is its length, its CRC-32 and JSON. A torn last frame is cut off at the next start: nothing that depended on it was
 * ever answered. A failed sync stops the process: after it nobody knows what the disk holds (fsyncgate). What was to be synced is
 * cut off first, so that a process that starts on the same page cache does not take it for durable. On a full disk nothing was
 * written and nothing is lost: everything waits until it fits.
 *
 * The first thing that is written says whose file it is, and nobody else opens it: what two members promise in one file, neither keeps.
 */
export class RaftStorage {
  readonly #id: NodeId;
  readonly #disk: Disk;
  readonly #clock: Clock;
  readonly #room: DiskRoom;
  readonly #buffer = new FrameBuffer();
  #isOwned = false;
  #waiting: (() => void)[] = [];
  #rewrite: Rewrite | undefined;
  #isWriting = false;
  /** As last saved, and the name of this disk: a file that is written anew has them too. */
  #vote = { term: 0, votedFor: "" };
  #name = "";
  #syncSince: number | undefined;
  #lastWriteMs = 0;
  /** Length of the file that is durable for sure. */
  #durableLength = 0;
  /** What is being written, and who waits for that. */
  #bytes: Uint8Array = new Uint8Array(0);
  #round: readonly (() => void)[] = [];
  readonly #onAppended = (): void => {
    this.#disk.sync(FILE).then(this.#onSynced, this.#onNotSynced);
  };
  readonly #onNotAppended = (error: unknown): Promise<void> => this.#writeLater(error);
  readonly #onSynced = (): void => {
    this.#durableLength += this.#bytes.length;
    this.#endWrite();
    this.#endRound(this.#round);
  };
  readonly #onNotSynced = (error: unknown): Promise<never> => this.#giveUp(error);

  constructor(options: { id: NodeId; disk: Disk; clock: Clock; timers: Timers }) {
    this.#id = options.id;
    this.#disk = options.disk;
    this.#clock = options.clock;
    this.#room = new DiskRoom(options.timers);
  }

  /**
   * Reads what was stored, and repairs a torn tail. Call once, first.
   *
   * @param newDisk  Name for the disk if nothing is there, durable before this returns; `""` for a founder's.
   * @throws {FailStopError} when the file is damaged before its end, or another node's.
   */
  async load(newDisk: () => string = () => ""): Promise<StoredState> {
    const bytes = await this.#disk.read(FILE);
    const disk = bytes === undefined ? newDisk() : "";
    const { frames, length } = readFrames(bytes ?? new Uint8Array(0), FILE);
    this.#isOwned = isOwnedBy(this.#id, frames);
    if (bytes === undefined) await this.#create(disk);
    await this.#disk.syncDirectory(DIRECTORY);
    this.#name = disk;
    if (bytes === undefined) return { ...NOTHING_STORED, isNew: true, disk };
    if (length < bytes.length) await this.#disk.truncate(FILE, length);
    this.#durableLength = length;
    const stored = foldFrames(frames);
    this.#name = stored.disk;
    // What a killed process left may stand in the page cache alone. Saying it again makes every answer wait for the sync.
    this.saveVote(stored.term, stored.votedFor);
    return stored;
  }

  /** How slow the disk is: the duration of the last write with its sync, or of the present one when that is longer already. */
  get writeMs(): number {
    const present = this.#syncSince === undefined ? 0 : this.#clock.monotonic() - this.#syncSince;
    return present > this.#lastWriteMs ? present : this.#lastWriteMs;
  }
  /** Whether what is to be written does not fit on the disk. */
  get isFull(): boolean {
    return this.#room.isFull;
  }
  /** Whether everything saved so far is durable. */
  get isDurable(): boolean {
    return !this.#isWriting && this.#buffer.isEmpty;
  }

  saveVote(term: number, votedFor: string): void {
    this.#vote = { term, votedFor };
    this.#save(["vote", term, votedFor]);
  }
  /** @returns the CRC-32 of the entry as stored, as a signed integer: its identity in the records. */
  saveEntry(entry: LogEntry): number {
    const known = encoded.find(entry);
    const checksum = known === undefined ? this.#save(["entry", entry]) : this.#saveEncoded(known);
    if (known === undefined) encoded.keep(entry, this.#buffer.last, checksum);
    return entry.mark ?? checksum;
  }
  saveTruncate(from: number): void {
    this.#save(["truncate", from]);
  }
  /** A snapshot takes the place of the log up to its entry, and of what follows if that entry is not in the log. */
  saveSnapshot(snapshot: Snapshot): void {
    this.#save(["snapshot", snapshot, { index: snapshot.index, term: snapshot.term }]);
  }

  /**
   * Has the file written anew, before anything that is saved after this becomes durable.
   *
   * @param done  Called once the new file is in place, or with false when there is no room for it: then all is as before.
   */
  rewrite(image: () => LogImage, done: (isDone: boolean) => void): void {
    this.#rewrite = { image, done };
    if (!this.#isWriting) this.#flush();
  }

  /** Runs `then` once everything saved so far is durable: at once when it is. */
  whenDurable(then: () => void): void {
    if (this.isDurable) {
      then();
      return;
    }
    this.#waiting.push(then);
    if (!this.#isWriting) this.#flush();
  }

  /** The name comes into being with the file or not at all: half of it would be a founder's disk that remembers nothing. */
  async #create(disk: string): Promise<void> {
    if (disk === "") {
      await this.#disk.write(FILE, new Uint8Array(0));
      return;
    }
    const frame = new FrameBuffer();
    frame.add(["owner", this.#id] satisfies Frame);
    this.#isOwned = true;
    frame.add(["disk", disk]);
    await this.#disk.write(FILE_NEW, frame.take());
    await this.#disk.sync(FILE_NEW);
    await this.#disk.rename(FILE_NEW, FILE);
  }

  #save(frame: Frame): number {
    this.#sign();
    return this.#buffer.add(frame) | 0;
  }
  #saveEncoded({ frame, checksum }: EncodedEntry): number {
    this.#sign();
    this.#buffer.addEncoded(frame);
    return checksum;
  }

  /** Says whose file it is, before anything else is said in it. */
  #sign(): void {
    if (!this.#isOwned) this.#buffer.add(["owner", this.#id] satisfies Frame);
    this.#isOwned = true;
  }

  /**
   * Group commit: what arrives while one sync runs goes into the next.
   *
   * Two waits a round, and nothing but what they call between them: most of the promises of a cluster are made here. What is rejected,
   * or thrown by who waited, leaves a promise unhandled and ends the process.
   */
  #flush(): void {
    this.#isWriting = true;
    while (!this.#buffer.isEmpty || this.#waiting.length > 0 || this.#rewrite !== undefined) {
      const rewrite = this.#rewrite;
      const round = this.#waiting;
      this.#waiting = [];
      this.#rewrite = undefined;
      const bytes = this.#buffer.lend();
      if (rewrite !== undefined) {
        void this.#flushAnew(rewrite, bytes, round);
        return;
      }
      if (bytes.length > 0) {
        this.#write(bytes, round);
        return;
      }
      for (const then of round) then();
    }
    this.#isWriting = false;
  }

  /** The image holds what the bytes say, and is written in their place; what is saved meanwhile comes after it. */
  async #flushAnew({ image, done }: Rewrite, bytes: Uint8Array, round: (() => void)[]): Promise<void> {
    const isRewritten = await this.#replace(image());
    round.push(() => {
      done(isRewritten);
    });
    if (isRewritten || bytes.length === 0) this.#endRound(round);
    else this.#write(bytes, round);
  }

  #write(bytes: Uint8Array, round: readonly (() => void)[]): void {
    this.#bytes = bytes;
    this.#round = round;
    this.#syncSince = this.#clock.monotonic();
    this.#disk.append(FILE, bytes).then(this.#onAppended, this.#onNotAppended);
  }

  #endRound(round: readonly (() => void)[]): void {
    // Still "writing" while the callbacks run: what they save joins the next round.
    for (const then of round) then();
    this.#flush();
  }

  /** A full disk answers at once, so it is not slow; what else it does not take it never will. */
  async #writeLater(error: unknown): Promise<void> {
    this.#syncSince = undefined;
    try {
      await this.#room.fitAfter(error, () => this.#append(this.#bytes));
      await this.#disk.sync(FILE);
    } catch (cause) {
      await this.#giveUp(cause);
    }
    this.#onSynced();
  }

  async #giveUp(cause: unknown): Promise<never> {
    // Of no use to a disk that takes nothing any more; there the stop alone is left.
    await this.#disk.truncate(FILE, this.#durableLength).catch(() => undefined);
    throw notDurable(cause);
  }

  /** Puts a new file in the place of the old one. @returns false when it does not fit beside it. */
  async #replace({ snapshot, base, entries }: LogImage): Promise<boolean> {
    const image = new FrameBuffer();
    image.add(["owner", this.#id] satisfies Frame);
    if (this.#name !== "") image.add(["disk", this.#name] satisfies Frame);
    image.add(["vote", this.#vote.term, this.#vote.votedFor] satisfies Frame);
    image.add(["snapshot", snapshot, base] satisfies Frame);
    for (const entry of entries) image.add(["entry", entry] satisfies Frame);
    const bytes = image.take();
    this.#syncSince = this.#clock.monotonic();
    try {
      if (!(await this.#writeNew(bytes))) return false;
      await this.#disk.sync(FILE_NEW);
      await this.#disk.rename(FILE_NEW, FILE);
      await this.#disk.syncDirectory(DIRECTORY);
    } catch (error) {
      // The old file is whole, and so is the new one where it has taken its name already: there is nothing to cut off.
      throw notDurable(error);
    }
    this.#durableLength = bytes.length;
    this.#endWrite();
    return true;
  }

  async #writeNew(bytes: Uint8Array): Promise<boolean> {
    if (await fits(() => this.#disk.write(FILE_NEW, bytes))) return true;
    this.#syncSince = undefined;
    await this.#disk.remove(FILE_NEW);
    return false;
  }

  #endWrite(): void {
    const since = this.#syncSince ?? 0;
    this.#syncSince = undefined;
    this.#lastWriteMs = this.#clock.monotonic() - since;
  }

  async #append(bytes: Uint8Array): Promise<void> {
    this.#syncSince = this.#clock.monotonic();
    try {
      await this.#disk.append(FILE, bytes);
    } catch (error) {
      // A disk that has no room answers at once, so it is not slow.
      this.#syncSince = undefined;
      throw error;
    }
  }
}

function notDurable(cause: unknown): FailStopError {
  return new FailStopError(
    "The Raft log could not be made durable; nothing that depends on it may be answered.",
    { file: FILE },
    { cause },
  );
}

/** @throws {FailStopError} when any part of it is another node's. */
function isOwnedBy(id: NodeId, frames: readonly StoredFrame[]): boolean {
  const owned = frames.map(({ value }) => value as Frame).filter((frame) => frame[0] === "owner");
  for (const [, owner] of owned) requireOwner(owner, id, FILE);
  return owned.length > 0;
}
