import type { Clock } from "../../ports/clock.ts";
import { StaleEpochError } from "../../ports/database-errors.ts";
import type { Disk } from "../../ports/disk.ts";
import { assert, FailStopError, FaultlineError } from "../../ports/errors.ts";
import type { NodeId } from "../../ports/node-id.ts";
import type { Plain } from "../../ports/transport.ts";
import type { Timers } from "../../ports/timers.ts";
import { DiskRoom } from "../raft/disk-room.ts";
import { Chain } from "./chain.ts";
import type { EpochMark } from "./epoch-marks.ts";
import { writeTail } from "./lost-and-found.ts";
import { formatPosition, isSamePosition, type Position } from "./position.ts";
import { ChangesRefusedError, NoCheckpointError, PositionMismatchError } from "./replication-errors.ts";
import type { StateMachine } from "./state-machine.ts";
import { makeTransaction, positionBefore, type Transaction } from "./transaction.ts";
import { firstCheckpoint, TransactionLog, type Checkpoint, type LogContent } from "./transaction-log.ts";

/** How a transaction came to be applied: made here, posted by a replica to its primary, sent by the primary, or read back at a start. */
export type AppliedBy = "commit" | "post" | "apply" | "recover";

/** How long transactions are kept for replicas that lag, and for the tail of a divergence. */
export interface Retention {
  /** RETENTION of the seeds, ms. Counted anew from a start. Default 1 h. */
  readonly retentionMs: number;
  /** After so many transactions the log begins anew with a checkpoint. Default 1,000. */
  readonly checkpointEvery: number;
}

export interface ReplicatedDatabaseOptions {
  /** Whose copy it is: no other node opens it. Default: nobody's. */
  readonly id?: NodeId;
  readonly disk: Disk;
  readonly clock: Clock;
  /** For waiting for room on a full disk; without them that ends the process. */
  readonly timers?: Timers;
  readonly machine: StateMachine;
  /** Default `replication`. */
  readonly directory?: string;
  readonly retention?: Partial<Retention>;
  /** A transaction is durable and applied. `epoch` is that of the primary that made it or, by `apply`, that sent it. */
  onApplied?(transaction: Transaction, by: AppliedBy, epoch: number): void;
  /** An epoch newer than any before is durably known; told in the order in which transactions are, and nothing of an older one follows. */
  onEpoch?(epoch: number): void;
}

/** A whole database, for a replica that cannot be brought up to date by transactions. */
export interface DatabaseSnapshot {
  readonly position: Position;
  readonly state: Plain;
  readonly marks: readonly EpochMark[];
}

/**
 * A database whose history is a chain of transactions: a primary adds to it, replicas follow it and cannot leave it unnoticed.
 *
 * A transaction takes effect only at the position it was made at. What is no longer wanted is not deleted by anything here:
 * {@link exportTail} writes it to `lost+found` before {@link rollbackTo} or {@link restore} drop it.
 */
export class ReplicatedDatabase {
  readonly #options: ReplicatedDatabaseOptions;
  readonly #machine: StateMachine;
  readonly #room: DiskRoom | undefined;
  readonly #log: TransactionLog;
  readonly #directory: string;
  readonly #retention: Retention;
  #chain: Chain;
  #checkpoint: Checkpoint;
  /** When each transaction of the chain came, own monotonic clock. */
  #cameAtMs: number[] = [];
  #maxEpoch = 0;
  #clusterId = "";
  #isOpen = false;
  /** The chain is being cut or replaced. */
  #isRewinding = false;

  constructor(options: ReplicatedDatabaseOptions) {
    this.#options = options;
    this.#machine = options.machine;
    this.#directory = options.directory ?? "replication";
    const { disk, timers, id: owner = "" } = options;
    this.#room = timers === undefined ? undefined : new DiskRoom(timers);
    this.#log = new TransactionLog({ disk, directory: this.#directory, owner, room: this.#room });
    this.#retention = { retentionMs: 3_600_000, checkpointEvery: 1_000, ...options.retention };
    this.#checkpoint = firstCheckpoint(null);
    this.#chain = new Chain(this.#checkpoint.position, [], []);
  }

  /** Reads what a former life stored. Call once, first. @throws {FailStopError} when log and state are of different histories, or another node's. */
  async open(): Promise<void> {
    const machine = this.#machine;
    const first = firstCheckpoint(machine.isDurable ? null : machine.snapshot());
    const { checkpoint = first, transactions, maxEpoch, clusterId } = await this.#log.load();
    this.#maxEpoch = maxEpoch;
    this.#clusterId = clusterId;
    this.#setChain(checkpoint, transactions);
    const own = this.#chain.at(machine.position.txid);
    if (!machine.isDurable || own === undefined || !isSamePosition(own, machine.position)) {
      // A state machine in memory begins at the checkpoint; a durable one that is elsewhere died while a snapshot was put in place.
      if (checkpoint.state === null)
        throw new FailStopError("The state is of another history than the log beside it.", {
          state: formatPosition(machine.position),
          log: formatPosition(this.#chain.last),
        });
      machine.restore(checkpoint.state, checkpoint.position);
    }
    for (const one of this.#chain.after(machine.position.txid)) this.#step(one, "recover", one.epoch);
    this.#isOpen = true;
  }

  /** Of the last transaction, durable and applied or on its way there. */
  get position(): Position {
    return this.#chain.last;
  }
  /** Of the last transaction that is durable and applied. */
  get appliedPosition(): Position {
    return this.#machine.position;
  }
  /** Position before the oldest transaction that is kept. */
  get floor(): Position {
    return this.#chain.floor;
  }
  /** Epoch of the last transaction; 0 for none. */
  get epoch(): number {
    return this.#chain.epoch;
  }
  /** Largest epoch that this database has heard of, transaction or not. */
  get maxEpoch(): number {
    return this.#maxEpoch;
  }
  get clusterId(): string {
    return this.#clusterId;
  }
  /** Whether something waits for room on the disk. */
  get isDiskFull(): boolean {
    return this.#room?.isFull === true;
  }
  get marks(): readonly EpochMark[] {
    return this.#chain.marks;
  }

  /** Names the cluster, for good; resolves when that is durable. */
  setClusterId(id: string): Promise<void> {
    assert(this.#clusterId === "" || this.#clusterId === id, "a database never changes its cluster", { id });
    this.#clusterId = id;
    this.#log.saveClusterId(id);
    return this.#durable();
  }

  /**
   * Learns of an epoch; nothing of an older one takes effect from this call on.
   *
   * @returns when that is durable.
   * @throws {StaleEpochError} when a newer one is known.
   */
  async adoptEpoch(epoch: number): Promise<void> {
    if (epoch < this.#maxEpoch) throw new StaleEpochError(epoch, this.#maxEpoch);
    const isNew = epoch > this.#maxEpoch;
    if (isNew) {
      this.#maxEpoch = epoch;
      this.#log.saveEpoch(epoch);
    }
    await this.#durable();
    if (isNew) this.#options.onEpoch?.(epoch);
  }

  /**
   * Adds a transaction, as the primary of `epoch`.
   *
   * @param epoch Of the leadership for which the write was let in: it is compared here, where the write takes its place, and not where it began.
   * @returns what the state machine made of it, when it is durable and applied.
   * @throws {StaleEpochError | ChangesRefusedError}
   */
  async commit(epoch: number, changes: Plain): Promise<{ readonly transaction: Transaction; readonly result: Plain }> {
    const transaction = this.draft(epoch, changes);
    return { transaction, result: await this.#append(transaction, "commit", epoch) };
  }

  /**
   * The transaction that {@link commit} would add now. It is not added: a replica posts it to its primary.
   *
   * @throws {StaleEpochError | ChangesRefusedError}
   */
  draft(epoch: number, changes: Plain): Transaction {
    this.#admit(epoch);
    const refusal = this.#machine.refusal(changes);
    if (refusal !== undefined) throw new ChangesRefusedError(refusal);
    return makeTransaction(this.position, epoch, changes);
  }

  /**
   * Adds a transaction that a replica drafted, as the primary of `epoch`. Whether the replica may is the caller's to say.
   *
   * @returns what the state machine made of it, when it is durable and applied.
   * @throws {PositionMismatchError | StaleEpochError | ChangesRefusedError}
   */
  async accept(transaction: Transaction, epoch: number): Promise<Plain> {
    this.#admit(epoch);
    const refusal = this.#machine.refusal(transaction.changes);
    if (refusal !== undefined) throw new ChangesRefusedError(refusal);
    this.#meet(transaction);
    return this.#append(transaction, "post", epoch);
  }

  /**
   * Adds a transaction that the primary of `epoch` sent.
   *
   * @returns when it is durable and applied.
   * @throws {PositionMismatchError} when it was made elsewhere than where this database is.
   * @throws {StaleEpochError}
   */
  async apply(transaction: Transaction, epoch: number): Promise<Plain> {
    this.#admit(epoch);
    this.#meet(transaction);
    return this.#append(transaction, "apply", epoch);
  }

  /** Whether the history goes through a position; `undefined` when that is too long ago to be told. */
  hasOnChain(position: Position): boolean | undefined {
    return this.#chain.has(position);
  }
  /** The position of that number, if it is kept. */
  positionAt(txid: bigint): Position | undefined {
    return this.#chain.at(txid);
  }
  /** The durable transactions after one that is kept. */
  transactionsAfter(txid: bigint, count: number): readonly Transaction[] {
    assert(txid >= this.floor.txid, "what is asked for is kept", { txid, floor: this.floor.txid });
    const ready = Number(this.appliedPosition.txid - txid);
    return ready <= 0 ? [] : this.#chain.after(txid, Math.min(count, ready));
  }
  /** Number of the last transaction that another chain has too. */
  forkWith(marks: readonly EpochMark[]): bigint {
    return this.#chain.forkWith(marks);
  }

  /**
   * Writes every transaction after `txid` that is kept to `lost+found/<epoch>`, durably.
   *
   * @param epoch Of the primary whose history takes the place of this one.
   */
  async exportTail(
    txid: bigint,
    epoch: number,
  ): Promise<{ readonly path: string; readonly transactions: readonly Transaction[] }> {
    const { floor } = this.#chain;
    const transactions = this.#chain.after(txid < floor.txid ? floor.txid : txid);
    const path = await writeTail(this.#options.disk, epoch, transactions, this.#room);
    return { path, transactions };
  }

  /**
   * Goes back to an earlier position of its own history.
   *
   * @param epoch  Of the primary it goes back for, compared at the moment at which the history is cut. Default: the newest known.
   * @param onPlaced  Called when it is there, before anything that was asked for later.
   * @returns when that is durable.
   * @throws {NoCheckpointError} when nothing is kept from which it could be reached.
   * @throws {StaleEpochError} when a newer epoch is known by then.
   */
  async rollbackTo(position: Position, epoch = this.#maxEpoch, onPlaced?: () => void): Promise<void> {
    const checkpoint = this.#checkpoint;
    const isBefore = position.txid < checkpoint.position.txid;
    if (checkpoint.state === null || isBefore || this.hasOnChain(position) !== true)
      throw new NoCheckpointError(position, checkpoint.position);
    await this.#rewind(epoch, () => {
      const kept = this.#chain.transactions.filter((one) => one.position.txid <= position.txid);
      this.#setChain(checkpoint, kept);
      this.#replaceLog();
      return () => {
        this.#machine.restore(checkpoint.state, checkpoint.position);
        for (const one of this.#chain.after(checkpoint.position.txid)) this.#machine.apply(one);
        onPlaced?.();
      };
    });
  }

  /** Resolves when everything that was written so far is durable. */
  flush(): Promise<void> {
    return this.#durable();
  }

  /** The database as it is, durable and applied. */
  snapshot(): DatabaseSnapshot {
    const { position } = this.#machine;
    return { position, state: this.#machine.snapshot(), marks: this.#chain.marksUpTo(position.txid) };
  }

  /**
   * Replaces history and state by the primary's.
   *
   * @param epoch  Of that primary, compared again at the moment at which its history takes the place of this one.
   * @param onPlaced  Called when it is there, before anything that was asked for later.
   * @returns when that is durable.
   * @throws {StaleEpochError} when a newer epoch is known by then.
   */
  async restore(snapshot: DatabaseSnapshot, epoch: number, onPlaced?: () => void): Promise<void> {
    this.#admit(epoch);
    await this.#rewind(epoch, () => {
      this.#setChain(snapshot, []);
      this.#replaceLog();
      // The log has the state too until it is in place: what dies in between begins again from there.
      return () => {
        this.#machine.restore(snapshot.state, snapshot.position);
        onPlaced?.();
      };
    });
  }

  #admit(epoch: number): void {
    assert(this.#isOpen, "a database is open before it is used");
    this.#refuseStale(epoch);
    if (this.#isRewinding)
      throw new FaultlineError(
        "REPLICATION_BUSY",
        "the database is going back to an earlier history; try again later.",
      );
  }

  #refuseStale(epoch: number): void {
    if (epoch < this.#maxEpoch) throw new StaleEpochError(epoch, this.#maxEpoch);
  }

  #meet(transaction: Transaction): void {
    const before = positionBefore(transaction);
    if (!isSamePosition(before, this.position)) throw new PositionMismatchError(this.position, before);
  }

  #append(transaction: Transaction, by: "commit" | "post" | "apply", epoch: number): Promise<Plain> {
    this.#chain.add(transaction);
    this.#cameAtMs.push(this.#options.clock.monotonic());
    this.#maxEpoch = Math.max(this.#maxEpoch, transaction.epoch);
    this.#log.append(transaction);
    return new Promise((resolve) => {
      this.#log.whenDurable(() => {
        resolve(this.#step(transaction, by, epoch));
        this.#checkpointIfDue();
      });
    });
  }

  #step(transaction: Transaction, by: AppliedBy, epoch: number): Plain {
    const result = this.#machine.apply(transaction);
    this.#options.onApplied?.(transaction, by, epoch);
    return result;
  }

  /** Runs `change` when nothing is under way, lets nothing in until it is durable, and then the state follow. */
  async #rewind(epoch: number, change: () => () => void): Promise<void> {
    assert(!this.#isRewinding, "one history at a time is put in place");
    this.#isRewinding = true;
    try {
      await this.#durable();
      assert(isSamePosition(this.position, this.appliedPosition), "nothing is under way");
      // What was decided when the job began may have been overtaken while it waited for the disk.
      this.#refuseStale(epoch);
      const follow = change();
      await this.#durable();
      follow();
    } finally {
      this.#isRewinding = false;
    }
  }

  #checkpointIfDue(): void {
    const { retentionMs, checkpointEvery } = this.#retention;
    const { position } = this.#machine;
    if (this.#isRewinding || position.txid - this.#checkpoint.position.txid < BigInt(checkpointEvery)) return;
    const marks = this.#chain.marksUpTo(position.txid);
    this.#checkpoint = { position, state: this.#machine.isDurable ? null : this.#machine.snapshot(), marks };
    const oldest = this.#options.clock.monotonic() - retentionMs;
    const known = Number(position.txid - this.#chain.floor.txid);
    let old = 0;
    while (old < known && (this.#cameAtMs[old] as number) < oldest) old++;
    this.#chain.forget(old);
    this.#cameAtMs = this.#cameAtMs.slice(old);
    this.#replaceLog();
    this.#log.whenDurable(() => undefined);
  }

  #setChain(checkpoint: Checkpoint, transactions: readonly Transaction[]): void {
    const first = transactions[0];
    const floor = first === undefined ? checkpoint.position : positionBefore(first);
    this.#checkpoint = checkpoint;
    this.#chain = new Chain(floor, transactions, checkpoint.marks);
    const now = this.#options.clock.monotonic();
    this.#cameAtMs = transactions.map(() => now);
  }

  #replaceLog(): void {
    const content: LogContent = {
      checkpoint: this.#checkpoint,
      transactions: this.#chain.transactions,
      maxEpoch: this.#maxEpoch,
      clusterId: this.#clusterId,
    };
    this.#log.replace(content);
  }

  #durable(): Promise<void> {
    return new Promise((resolve) => {
      this.#log.whenDurable(resolve);
    });
  }
}
