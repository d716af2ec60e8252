import type { Clock } from "../../ports/clock.ts";
import type { NodeId } from "../../ports/node-id.ts";
import type { Observer } from "../../ports/observer.ts";
import type { Timer, Timers } from "../../ports/timers.ts";
import type { Message } from "../../ports/transport.ts";
import { formatPosition, parsePosition, type Position } from "./position.ts";
import type { ReplicatedDatabase } from "./replicated-database.ts";
import { snapshotMessage, type Ack, type Hello, type ReplicationMessage } from "./replication-messages.ts";
import { encodeTransaction } from "./transaction.ts";

export interface ReplicationSourceOptions {
  readonly database: ReplicatedDatabase;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly observer: Observer;
  send(to: NodeId, message: Message): void;
  /** Somebody follows a newer epoch than ours: this primary's time is over. */
  onNewerEpoch?(epoch: number): void;
}

/** Between two messages to a replica that is up to date, and between two looks at those that are not. */
export const STREAM_TICK_MS = 100;
/** What is not acknowledged within this is sent again. */
const RESEND_MS = 300;
/** Transactions of one message, and under way to one replica, at most. */
const BATCH_MAX = 64;
const WINDOW_MAX = 512;

interface Stream {
  readonly session: number;
  /** Number of the last transaction that was sent, and of the last that is known to have arrived. */
  sent: bigint;
  acked: bigint;
  progressAtMs: number;
}

/** A primary's side of the replication: sends each replica what it lacks, in order, and again when it gets lost. */
export class ReplicationSource {
  readonly #options: ReplicationSourceOptions;
  readonly #streams = new Map<NodeId, Stream>();
  readonly #tick: Timer;
  /** Of the leadership that it serves; 0 while it serves none. */
  #epoch = 0;

  constructor(options: ReplicationSourceOptions) {
    this.#options = options;
    this.#tick = options.timers.create("replication stream", () => {
      this.#tick.arm(STREAM_TICK_MS);
      this.#onTick();
    });
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** Serves replicas as the primary of `epoch`. */
  start(epoch: number): void {
    this.#epoch = epoch;
    this.#streams.clear();
    this.#tick.arm(STREAM_TICK_MS);
  }

  stop(): void {
    this.#epoch = 0;
    this.#streams.clear();
    this.#tick.cancel();
  }

  /** New transactions are durable: sends them on. */
  pump(): void {
    for (const [replica, stream] of this.#streams) this.#send(replica, stream);
  }

  receive(from: NodeId, raw: Message): void {
    const message = raw as ReplicationMessage;
    if (this.#epoch === 0) return;
    if (message.type === "repl.hello") this.#onHello(from, message);
    else if (message.type === "repl.ack") this.#onAck(from, message);
  }

  #onHello(from: NodeId, hello: Hello): void {
    const { database } = this.#options;
    const { session } = hello;
    if (hello.epoch > this.#epoch) this.#options.onNewerEpoch?.(hello.epoch);
    if (hello.epoch !== this.#epoch) return;
    if (hello.clusterId !== "" && hello.clusterId !== database.clusterId) {
      this.#streams.delete(from);
      const { clusterId } = database;
      this.#options.send(from, { type: "repl.refuse", epoch: this.#epoch, session, reason: "cluster", clusterId });
      return;
    }
    const position = parsePosition(hello.position);
    if (this.#mayStream(position)) {
      const at = position.txid;
      this.#streams.set(from, { session, sent: at, acked: at, progressAtMs: this.#now() });
      this.#send(from, this.#streams.get(from) as Stream, true);
      return;
    }
    this.#sendSnapshot(from, session, position);
  }

  /** Whether the position is on the chain and everything after it is kept. */
  #mayStream(position: Position): boolean {
    const { database } = this.#options;
    const isDurable = position.txid <= database.appliedPosition.txid;
    return isDurable && position.txid >= database.floor.txid && database.hasOnChain(position) === true;
  }

  #sendSnapshot(to: NodeId, session: number, position: Position): void {
    const { database } = this.#options;
    const snapshot = database.snapshot();
    const isDiverged = database.hasOnChain(position) === false;
    const { clusterId } = database;
    this.#options.send(to, snapshotMessage(snapshot, { epoch: this.#epoch, session, clusterId, isDiverged }));
    // Nothing more in this session, which a message that overtakes the snapshot would confirm: the replica asks anew from there.
    this.#streams.delete(to);
  }

  #onAck(from: NodeId, ack: Ack): void {
    const stream = this.#streams.get(from);
    if (stream?.session !== ack.session || ack.epoch !== this.#epoch) return;
    const { txid } = parsePosition(ack.position);
    if (txid > stream.acked) {
      stream.acked = txid;
      stream.progressAtMs = this.#now();
      if (stream.sent < txid) stream.sent = txid;
    }
    // Nothing that is acknowledged and was sent again later is a gap.
    if (ack.isGap && txid === stream.acked && stream.sent > txid) this.#rewind(stream);
    this.#send(from, stream);
  }

  #onTick(): void {
    for (const [replica, stream] of this.#streams) {
      if (stream.sent > stream.acked && this.#now() - stream.progressAtMs >= RESEND_MS) this.#rewind(stream);
      this.#send(replica, stream, true);
    }
  }

  #rewind(stream: Stream): void {
    stream.sent = stream.acked;
    stream.progressAtMs = this.#now();
  }

  /** Sends what the window has room for; with `always`, at least where this primary is. */
  #send(to: NodeId, stream: Stream, always = false): void {
    const { database } = this.#options;
    const position = formatPosition(database.appliedPosition);
    let isSilent = true;
    // What a restart of this database's retention has dropped meanwhile only a snapshot can give.
    if (stream.sent < database.floor.txid) {
      this.#streams.delete(to);
      return;
    }
    for (;;) {
      const room = WINDOW_MAX - Number(stream.sent - stream.acked);
      const batch = database.transactionsAfter(stream.sent, Math.min(BATCH_MAX, room));
      if (batch.length === 0 && !(always && isSilent)) return;
      isSilent = false;
      if (stream.sent === stream.acked) stream.progressAtMs = this.#now();
      stream.sent += BigInt(batch.length);
      this.#options.send(to, {
        type: "repl.tx",
        epoch: this.#epoch,
        session: stream.session,
        clusterId: database.clusterId,
        position,
        transactions: batch.map(encodeTransaction),
      });
      if (batch.length < BATCH_MAX) return;
    }
  }

  #now(): number {
    return this.#options.clock.monotonic();
  }
}
