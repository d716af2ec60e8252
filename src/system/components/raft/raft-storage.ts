import type { Disk } from "../../ports/disk.ts";
import { FailStopError } from "../../ports/errors.ts";
import type { Clock } from "../../ports/clock.ts";
import type { NodeId } from "../../ports/node-id.ts";
import type { Timers } from "../../ports/timers.ts";
import { requireOwner } from "./disk-owner.ts";
import { DiskRoom } from "./disk-room.ts";
import { FrameBuffer } from "./frame-buffer.ts";
import { readFrames, type StoredFrame } from "./frame-reader.ts";
import type { LogEntry } from "./raft-log.ts";

/** What survives a restart. */
export interface StoredState {
  readonly term: number;
  /** Whom this node voted for in `term`; `""` for nobody. */
  readonly votedFor: string;
  readonly entries: readonly { readonly entry: LogEntry; readonly hash: number }[];
  /** Whether anything was stored before: a node that starts for the first time has promised nothing to anyone. */
  readonly isNew: boolean;
  /** Name of this disk; `""` for the one a founder began with. */
  readonly disk: string;
}

type Frame =
  | readonly ["vote", number, string]
  | readonly ["entry", LogEntry]
  | readonly ["truncate", number]
  | readonly ["disk", string]
  | readonly ["owner", string];

const DIRECTORY = "raft";
const FILE = "raft/log";
const FILE_NEW = "raft/log.new";

/**
 * Term, vote and log in one append-only file, so that one sync makes them durable in the order in which they were written.
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
  #isWriting = false;
  #syncSince: number | undefined;
  #lastWriteMs = 0;
  /** Length of the file that is durable for sure. */
  #durableLength = 0;

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
    if (bytes === undefined) return { term: 0, votedFor: "", entries: [], isNew: true, disk };
    if (length < bytes.length) await this.#disk.truncate(FILE, length);
    this.#durableLength = length;
    const stored = foldFrames(frames);
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
    this.#save(["vote", term, votedFor]);
  }
  /** @returns the CRC-32 of the entry as stored, as a signed integer: its identity in the records. */
  saveEntry(entry: LogEntry): number {
    const checksum = this.#save(["entry", entry]);
    return entry.mark ?? checksum;
  }
  saveTruncate(from: number): void {
    this.#save(["truncate", from]);
  }

  /** Runs `then` once everything saved so far is durable: at once when it is. */
  whenDurable(then: () => void): void {
    if (this.isDurable) {
      then();
      return;
    }
    this.#waiting.push(then);
    if (!this.#isWriting) void this.#flush();
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
    if (!this.#isOwned) this.#buffer.add(["owner", this.#id] satisfies Frame);
    this.#isOwned = true;
    return this.#buffer.add(frame) | 0;
  }

  /** Group commit: what arrives while one sync runs goes into the next. A rejection leaves this promise unhandled and ends the process. */
  async #flush(): Promise<void> {
    this.#isWriting = true;
    while (!this.#buffer.isEmpty || this.#waiting.length > 0) {
      const waiting = this.#waiting;
      this.#waiting = [];
      if (!this.#buffer.isEmpty) await this.#write(this.#buffer.take());
      // Still "writing" while the callbacks run: what they save joins the next round of this loop.
      for (const then of waiting) then();
    }
    this.#isWriting = false;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    try {
      await this.#room.fit(() => this.#append(bytes));
      await this.#disk.sync(FILE);
    } catch (error) {
      // Of no use to a disk that takes nothing any more; there the stop alone is left.
      await this.#disk.truncate(FILE, this.#durableLength).catch(() => undefined);
      throw new FailStopError(
        "The Raft log could not be made durable; nothing that depends on it may be answered.",
        { file: FILE },
        { cause: error },
      );
    }
    this.#durableLength += bytes.length;
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

function foldFrames(frames: readonly StoredFrame[]): StoredState {
  let term = 0;
  let votedFor = "";
  let disk = "";
  const entries: { entry: LogEntry; hash: number }[] = [];
  for (const { value, checksum } of frames) {
    const frame = value as Frame;
    if (frame[0] === "vote") [, term, votedFor] = frame;
    else if (frame[0] === "truncate") entries.length = frame[1] - 1;
    else if (frame[0] === "disk") disk = frame[1];
    else if (frame[0] === "entry")
      entries.push({ entry: Object.freeze(frame[1]), hash: frame[1].mark ?? checksum | 0 });
  }
  return { term, votedFor, entries, isNew: false, disk };
}

/** @throws {FailStopError} when any part of it is another node's. */
function isOwnedBy(id: NodeId, frames: readonly StoredFrame[]): boolean {
  const owned = frames.map(({ value }) => value as Frame).filter((frame) => frame[0] === "owner");
  for (const [, owner] of owned) requireOwner(owner, id, FILE);
  return owned.length > 0;
}
