import type { Disk } from "../../ports/disk.ts";
import { FailStopError } from "../../ports/errors.ts";
import type { Plain } from "../../ports/transport.ts";
import { requireOwner } from "../raft/disk-owner.ts";
import type { DiskRoom } from "../raft/disk-room.ts";
import { FrameBuffer } from "../raft/frame-buffer.ts";
import { readFrames } from "../raft/frame-reader.ts";
import { formatPosition, parsePosition, START, type Position } from "./position.ts";
import type { EpochMark } from "./epoch-marks.ts";
import { decodeTransaction, encodeTransaction, type Transaction } from "./transaction.ts";

/** A state from which the transactions after it lead to the present. */
export interface Checkpoint {
  readonly position: Position;
  /** The state there; `null` when the state machine keeps its own. */
  readonly state: Plain;
  /** Where the epochs of the chain up to it end. */
  readonly marks: readonly EpochMark[];
}

/** What a log says as a whole. */
export interface LogContent {
  readonly checkpoint: Checkpoint | undefined;
  /** In order, without a gap; those up to the checkpoint's position are kept for replicas that lag. */
  readonly transactions: readonly Transaction[];
  /** Largest epoch that was ever heard of. */
  readonly maxEpoch: number;
  /** `""` while none is known. */
  readonly clusterId: string;
}

type StoredMark = readonly [epoch: number, position: string];
type Frame =
  | readonly ["checkpoint", string, Plain, readonly StoredMark[]]
  | readonly ["tx", Plain]
  | readonly ["epoch", number]
  | readonly ["cluster", string]
  | readonly ["owner", string];

/**
 * The file of a replicated database: a checkpoint, and transactions.
 *
 * Nothing that rests on a frame is answered before it is durable. A torn tail is cut off at the next start; damage before the end, or
 * a failed sync, stops the process. What was to be synced is cut off first, so that a process that starts on the same page cache does
 * not take it for durable. On a full disk everything waits until it fits. A file of another node stops the process, too.
 */
export class TransactionLog {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #path: string;
  readonly #owner: string;
  readonly #room: DiskRoom | undefined;
  /** Whether the file says whose it is. */
  #isOwned = false;
  #frames = new FrameBuffer();
  /** A whole file that takes the place of the present one. */
  #replacement: Uint8Array | undefined;
  #waiting: (() => void)[] = [];
  #isWriting = false;
  /** Length of the file that is durable for sure. */
  #durableLength = 0;

  /** @param options.room  Waits for room on a full disk; without it that stops the process. @param options.owner  Whose file it is; `""` for nobody's. */
  constructor(options: {
    readonly disk: Disk;
    readonly directory: string;
    readonly owner: string;
    readonly room?: DiskRoom | undefined;
  }) {
    this.#owner = options.owner;
    this.#room = options.room;
    this.#disk = options.disk;
    this.#directory = options.directory;
    this.#path = `${options.directory}/log`;
  }

  /** Reads what a former life stored, and repairs a torn tail. Call once, first. @throws {FailStopError} when it is damaged, or another node's. */
  async load(): Promise<LogContent> {
    const stored = await this.#disk.read(this.#path);
    const { frames, length } = readFrames(stored ?? new Uint8Array(0), this.#path);
    this.#checkOwner(frames.map(({ value }) => value as Frame));
    if (stored === undefined) await this.#disk.write(this.#path, new Uint8Array(0));
    if (stored !== undefined && length < stored.length) await this.#disk.truncate(this.#path, length);
    // A killed process may have left its last words in the page cache alone, and what was read counts as durable.
    await this.#disk.sync(this.#path);
    await this.#disk.syncDirectory(this.#directory);
    this.#durableLength = length;
    return fold(frames.map(({ value }) => value as Frame));
  }

  append(transaction: Transaction): void {
    this.#add(["tx", encodeTransaction(transaction)]);
  }
  saveEpoch(epoch: number): void {
    this.#add(["epoch", epoch]);
  }
  saveClusterId(id: string): void {
    this.#add(["cluster", id]);
  }

  /** Replaces the whole file by what `content` says, which holds everything that was appended so far. At every moment one of them is whole. */
  replace(content: LogContent): void {
    const { checkpoint, transactions, maxEpoch, clusterId } = content;
    const frames = new FrameBuffer();
    if (this.#owner !== "") frames.add(["owner", this.#owner] satisfies Frame);
    if (checkpoint !== undefined) {
      const marks = checkpoint.marks.map(({ epoch, position }): StoredMark => [epoch, formatPosition(position)]);
      frames.add(["checkpoint", formatPosition(checkpoint.position), checkpoint.state, marks] satisfies Frame);
    }
    frames.add(["epoch", maxEpoch] satisfies Frame);
    if (clusterId !== "") frames.add(["cluster", clusterId] satisfies Frame);
    for (const one of transactions) frames.add(["tx", encodeTransaction(one)] satisfies Frame);
    this.#frames = new FrameBuffer();
    this.#isOwned = true;
    this.#replacement = frames.take();
  }

  #checkOwner(frames: readonly Frame[]): void {
    const owners = frames.flatMap((frame) => (frame[0] === "owner" ? [frame[1]] : []));
    if (this.#owner !== "") for (const owner of owners) requireOwner(owner, this.#owner, this.#path);
    this.#isOwned = this.#owner === "" || owners.length > 0;
  }

  /** The first frame of all says whose file it is. */
  #add(frame: Frame): void {
    if (!this.#isOwned) this.#frames.add(["owner", this.#owner] satisfies Frame);
    this.#isOwned = true;
    this.#frames.add(frame);
  }

  /** Runs `then` once everything said so far is durable: at once when it is. */
  whenDurable(then: () => void): void {
    if (!this.#isWriting && this.#frames.isEmpty && this.#replacement === undefined) {
      then();
      return;
    }
    this.#waiting.push(then);
    if (!this.#isWriting) void this.#flush();
  }

  /** Group commit: what arrives while one sync runs goes into the next. A rejection leaves this promise unhandled and ends the process. */
  async #flush(): Promise<void> {
    this.#isWriting = true;
    while (this.#waiting.length > 0) {
      const waiting = this.#waiting;
      this.#waiting = [];
      await this.#write();
      for (const then of waiting) then();
    }
    this.#isWriting = false;
  }

  async #write(): Promise<void> {
    const replacement = this.#replacement;
    const bytes = this.#frames.isEmpty ? undefined : this.#frames.take();
    this.#replacement = undefined;
    try {
      if (replacement !== undefined) await this.#replaceFile(replacement);
      if (bytes === undefined) return;
      await this.#fit(() => this.#disk.append(this.#path, bytes));
      await this.#disk.sync(this.#path);
      this.#durableLength += bytes.length;
    } catch (error) {
      // Of no use to a disk that takes nothing any more; there the stop alone is left.
      await this.#disk.truncate(this.#path, this.#durableLength).catch(() => undefined);
      throw new FailStopError(
        "The transaction log could not be made durable; nothing that depends on it may be answered.",
        { file: this.#path },
        { cause: error },
      );
    }
  }

  async #replaceFile(bytes: Uint8Array): Promise<void> {
    const fresh = `${this.#path}.new`;
    await this.#fit(() => this.#disk.write(fresh, bytes));
    await this.#disk.sync(fresh);
    await this.#disk.rename(fresh, this.#path);
    this.#durableLength = bytes.length;
    await this.#disk.syncDirectory(this.#directory);
  }

  #fit(write: () => Promise<void>): Promise<void> {
    return this.#room === undefined ? write() : this.#room.fit(write);
  }
}

function fold(frames: readonly Frame[]): LogContent {
  let checkpoint: Checkpoint | undefined;
  const transactions: Transaction[] = [];
  let maxEpoch = 0;
  let clusterId = "";
  for (const frame of frames) {
    if (frame[0] === "checkpoint") {
      const [, position, state, marks] = frame;
      checkpoint = { position: parsePosition(position), state, marks: marks.map(markOf) };
    } else if (frame[0] === "epoch") maxEpoch = Math.max(maxEpoch, frame[1]);
    else if (frame[0] === "cluster") clusterId = frame[1];
    else if (frame[0] === "tx") {
      const transaction = decodeTransaction(frame[1]);
      transactions.push(transaction);
      maxEpoch = Math.max(maxEpoch, transaction.epoch);
    }
  }
  return { checkpoint, transactions, maxEpoch, clusterId };
}

function markOf([epoch, position]: StoredMark): EpochMark {
  return { epoch, position: parsePosition(position) };
}

/** The checkpoint of a database that never had a transaction. */
export function firstCheckpoint(state: Plain): Checkpoint {
  return { position: START, state, marks: [] };
}
