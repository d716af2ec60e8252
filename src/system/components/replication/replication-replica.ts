import type { Clock } from "../../ports/clock.ts";
import { StaleEpochError } from "../../ports/database-errors.ts";
import { SplitBrainDetectedError } from "../../ports/errors.ts";
import type { NodeId } from "../../ports/node-id.ts";
import type { Observer } from "../../ports/observer.ts";
import type { Timer, Timers } from "../../ports/timers.ts";
import type { Message } from "../../ports/transport.ts";
import { describeFork, lostRange, type Fork } from "./fork.ts";
import { formatPosition, hex16, isSamePosition, parsePosition, type Position } from "./position.ts";
import type { ReplicatedDatabase } from "./replicated-database.ts";
import { NoCheckpointError } from "./replication-errors.ts";
import { snapshotOf, type ReplicationMessage, type Snapshot, type Transactions } from "./replication-messages.ts";
import { STREAM_TICK_MS } from "./replication-source.ts";
import { decodeTransaction, positionBefore, type Transaction } from "./transaction.ts";

/**
 * `asking`: nothing is confirmed; `streaming`: on the primary's chain; `restoring`: a snapshot is being put in place, or it is going
 * back; `refused`: of another cluster; `stuck`: there is nothing to go back to, and it takes no snapshot by itself.
 */
export type ReplicaState = "idle" | "asking" | "streaming" | "restoring" | "refused" | "stuck";

export interface ReplicationReplicaOptions {
  readonly id: NodeId;
  readonly database: ReplicatedDatabase;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly observer: Observer;
  /** How it leaves a chain of its own: `snapshot` (default): takes the primary's. `rollback`: goes back to where the two parted. */
  readonly resync?: "snapshot" | "rollback";
  send(to: NodeId, message: Message): void;
  onState?(state: ReplicaState): void;
  /** It cannot go back, and is stuck. */
  onStuck?(error: SplitBrainDetectedError): void;
}

/** A stream that is silent for so long is asked for anew. */
const SILENCE_MS = 3 * STREAM_TICK_MS;

/**
 * A replica's side of the replication: follows one primary of one epoch.
 *
 * A transaction is applied only at exactly the position it was made at. A replica that turns out to be on another chain says so
 * (`divergence`), writes what it has and the primary has not to `lost+found`, and only then takes the primary's snapshot.
 */
export class ReplicationReplica {
  readonly #options: ReplicationReplicaOptions;
  readonly #tick: Timer;
  #state: ReplicaState = "idle";
  #primary: NodeId | "" = "";
  #epoch = 0;
  #session = 0;
  #heardAtMs = 0;
  /** Position of the primary, as last heard. */
  #primaryTxid = 0n;
  /** Since when, without a gap, this replica has had everything that it was told the primary has. */
  #currentAtMs = -1;

  constructor(options: ReplicationReplicaOptions) {
    this.#options = options;
    this.#tick = options.timers.create("replication", () => {
      this.#tick.arm(STREAM_TICK_MS);
      this.#onTick();
    });
  }

  get state(): ReplicaState {
    return this.#state;
  }
  get primary(): NodeId | "" {
    return this.#primary;
  }
  /** Of the primary that it follows; 0 while it follows nobody. */
  get epoch(): number {
    return this.#epoch;
  }
  /** On the primary's chain, and as far as the primary was when it was last heard, lately. */
  get isCurrent(): boolean {
    const { database } = this.#options;
    return this.#isHeard() && this.#state === "streaming" && database.appliedPosition.txid >= this.#primaryTxid;
  }
  /** For how long this replica may have lacked something that its primary had, ms; `Infinity` when it never had all of it. */
  get lagMs(): number {
    if (this.isCurrent) return 0;
    return this.#currentAtMs < 0 ? Infinity : this.#now() - this.#currentAtMs;
  }

  /** Follows the primary of `epoch` from now on; nothing of an older one is taken after that. Idempotent. */
  follow(primary: NodeId, epoch: number): void {
    if (this.#primary === primary && this.#epoch === epoch) return;
    this.#primary = primary;
    this.#epoch = epoch;
    this.#currentAtMs = -1;
    if (epoch > this.#options.database.maxEpoch) void this.#options.database.adoptEpoch(epoch);
    this.#ask();
    this.#tick.arm(STREAM_TICK_MS);
  }

  /** Follows nobody: this node is the primary, or ends. */
  stop(): void {
    this.#primary = "";
    this.#epoch = 0;
    this.#tick.cancel();
    if (this.#state !== "restoring") this.#setState("idle");
  }

  receive(from: NodeId, raw: Message): void {
    const message = raw as ReplicationMessage;
    if (from !== this.#primary || message.epoch !== this.#epoch || message.session !== this.#session) return;
    if (this.#state === "restoring" || this.#state === "stuck") return;
    this.#heardAtMs = this.#now();
    if (message.type === "repl.tx") this.#onTransactions(message);
    else if (message.type === "repl.snapshot") void this.#onSnapshot(message);
    else if (message.type === "repl.refuse" && this.#state !== "refused") {
      this.#setState("refused");
      this.#options.observer.point("repl.refused", { by: from, reason: message.reason, clusterId: message.clusterId });
    }
  }

  #onTick(): void {
    if (this.#state === "restoring" || this.#state === "stuck") return;
    if (!this.#isHeard() || this.#state === "asking") this.#ask();
  }

  #ask(): void {
    if (this.#primary === "" || this.#state === "restoring" || this.#state === "stuck") return;
    const { database } = this.#options;
    // A replica that was refused goes on asking: somebody may put it right.
    if (this.#state !== "refused") this.#setState("asking");
    this.#heardAtMs = this.#now();
    const { epoch: lastEpoch, clusterId } = database;
    const position = formatPosition(database.position);
    this.#options.send(this.#primary, {
      type: "repl.hello",
      epoch: this.#epoch,
      session: ++this.#session,
      position,
      lastEpoch,
      clusterId,
    });
  }

  #onTransactions(message: Transactions): void {
    const { database } = this.#options;
    if (this.#epoch < database.maxEpoch) return;
    this.#join(message.clusterId);
    this.#primaryTxid = parsePosition(message.position).txid;
    let durable: Promise<unknown> | undefined;
    let isGap = false;
    for (const stored of message.transactions) {
      const transaction = decodeTransaction(stored);
      const place = this.#placeOf(transaction);
      if (place === "diverged") {
        this.#ask();
        return;
      }
      isGap = place === "gap";
      if (isGap) break;
      if (place === "next") durable = database.apply(transaction, this.#epoch);
    }
    this.#setState("streaming");
    const session = this.#session;
    // Several messages may wait for one sync: each is acknowledged with all that is durable then.
    void (durable ?? Promise.resolve()).then(() => {
      if (session === this.#session && this.#state === "streaming") this.#acknowledge(isGap);
    });
  }

  /** A transaction that comes twice is the same one, or proof of another history. */
  #placeOf(transaction: Transaction): "known" | "next" | "gap" | "diverged" {
    const { database } = this.#options;
    const { position } = transaction;
    if (position.txid <= database.position.txid) {
      const own = database.positionAt(position.txid);
      return own === undefined || isSamePosition(own, position) ? "known" : "diverged";
    }
    if (position.txid !== database.position.txid + 1n) return "gap";
    return isSamePosition(positionBefore(transaction), database.position) ? "next" : "diverged";
  }

  async #onSnapshot(message: Snapshot): Promise<void> {
    const { database, observer } = this.#options;
    if (this.#epoch < database.maxEpoch) return;
    const epoch = this.#epoch;
    this.#setState("restoring");
    this.#join(message.clusterId);
    const snapshot = snapshotOf(message);
    try {
      const fork = describeFork(database, snapshot.marks, message.isDiverged);
      const isParted = fork.txid < database.position.txid;
      if (isParted) await this.#preserve(fork, epoch);
      if (isParted && this.#options.resync === "rollback") await this.#rollBack(fork.position, epoch);
      else {
        const { txid, checksum } = snapshot.position;
        await database.restore(snapshot, epoch, () => {
          observer.point("repl.snapshot", { epoch, txid: String(txid), checksum: hex16(checksum) });
        });
      }
    } catch (error) {
      if (error instanceof SplitBrainDetectedError) {
        this.#setState("stuck");
        this.#options.onStuck?.(error);
        return;
      }
      // A newer primary was heard of meanwhile: what it has is to be taken instead.
      if (!(error instanceof StaleEpochError)) throw error;
    }
    this.#setState("idle");
    this.#ask();
  }

  /** @throws {SplitBrainDetectedError} when no position in common is known, or nothing is kept from which it could be reached. */
  async #rollBack(to: Position | undefined, epoch: number): Promise<void> {
    const { database, observer, id } = this.#options;
    const from = formatPosition(database.position);
    if (to === undefined)
      throw new SplitBrainDetectedError("no position in common with the primary is known.", { node: id, from, epoch });
    try {
      await database.rollbackTo(to, epoch, () => {
        observer.point("repl.rollback", { epoch, txid: String(to.txid), checksum: hex16(to.checksum), from });
      });
    } catch (error) {
      if (!(error instanceof NoCheckpointError)) throw error;
      const facts = { node: id, from, to: formatPosition(to), epoch };
      throw new SplitBrainDetectedError("there is no checkpoint to go back from.", facts, { cause: error });
    }
  }

  /** Says what this replica has that the primary has not, and keeps it. */
  async #preserve(fork: Fork, epoch: number): Promise<void> {
    const { database, observer, id } = this.#options;
    const from = database.position;
    const to = fork.position === undefined ? "unknown" : formatPosition(fork.position);
    const lostTxids = lostRange(fork.txid, from.txid);
    observer.point("divergence", { node: id, from: formatPosition(from), to, lostTxids, epoch });
    const { path, transactions } = await database.exportTail(fork.txid, epoch);
    const first = transactions[0]?.position.txid;
    const txids = first === undefined ? "" : lostRange(first - 1n, from.txid);
    observer.point("lost-found", { epoch, path, txids, from: formatPosition(from) });
  }

  #join(clusterId: string): void {
    const { database } = this.#options;
    if (database.clusterId === "" && clusterId !== "") void database.setClusterId(clusterId);
  }

  #acknowledge(isGap: boolean): void {
    if (this.#primary === "") return;
    const { database } = this.#options;
    const position = formatPosition(database.appliedPosition);
    if (this.isCurrent) this.#currentAtMs = this.#now();
    this.#options.send(this.#primary, {
      type: "repl.ack",
      epoch: this.#epoch,
      session: this.#session,
      position,
      isGap,
    });
  }

  #isHeard(): boolean {
    return this.#now() - this.#heardAtMs <= SILENCE_MS;
  }

  #setState(state: ReplicaState): void {
    this.#state = state;
    this.#options.observer.state("replica", state, { primary: this.#primary, epoch: this.#epoch });
    this.#options.onState?.(state);
  }

  #now(): number {
    return this.#options.clock.monotonic();
  }
}
