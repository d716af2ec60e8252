import type { Clock } from "../../ports/clock.ts";
import { DatabaseError } from "../../ports/database-errors.ts";
import { FaultlineError } from "../../ports/errors.ts";
import type { NodeId } from "../../ports/node-id.ts";
import type { Observer } from "../../ports/observer.ts";
import type { Timer, Timers } from "../../ports/timers.ts";
import type { Message, Plain } from "../../ports/transport.ts";
import type { HaltAsk, HaltMessage, HaltPost, HaltRelease } from "./halt-messages.ts";
import { formatPosition, hex16, isSamePosition, type Position } from "./position.ts";
import type { ReplicatedDatabase } from "./replicated-database.ts";
import { decodeTransaction, positionBefore, type Transaction } from "./transaction.ts";

export interface HaltLockOptions {
  readonly database: ReplicatedDatabase;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly observer: Observer;
  /** How long a lock lasts, ms of this node's monotonic clock. */
  readonly ttlMs: number;
  /** How often a lock whose holder is silent is looked at, ms. */
  readonly sweepMs: number;
  /** Whether this node may commit a write of its own now, were it not for the lock. */
  mayWrite(): boolean;
  send(to: NodeId, message: Message): void;
  /** The lock is over: own writes may go on. */
  onEnd(): void;
}

interface Lock {
  readonly id: string;
  readonly holder: NodeId;
  /** `undefined` until the commits that were under way have finished, and it is granted. */
  expiresAtMs: number | undefined;
}

/** The last transaction that a replica posted. */
interface Posted {
  readonly id: string;
  readonly position: Position;
  readonly result: Promise<Plain>;
}

/**
 * A primary's side of the halt lock: the right to make the next transactions, given to one replica for a while.
 *
 * While a lock stands the primary makes none itself: ask {@link isHalted} before each write, where the write takes its place. A post
 * is committed only if the lock is the poster's, has not expired by this node's clock, is of this very leadership, and if the
 * transaction was made where the database stands. Whatever else is refused ends the lock, so a refusal is final: no copy of the post
 * that is still under way can be committed later.
 *
 * @see superfly/litefs `http/server.go`, which has the check of holder and expiry as a TODO. Checked by `lab/checkers/halt-exclusive.ts`.
 */
export class HaltLock {
  readonly #options: HaltLockOptions;
  readonly #sweep: Timer;
  readonly #posted = new Map<NodeId, Posted>();
  /** Of the leadership that grants locks; 0 for none. */
  #epoch = 0;
  #lock: Lock | undefined;

  constructor(options: HaltLockOptions) {
    this.#options = options;
    this.#sweep = options.timers.create("halt lock sweep", () => {
      if (this.isHalted) this.#sweep.arm(options.sweepMs);
    });
  }

  /** Whether this node's own writes rest; a lock that has expired ends here. */
  get isHalted(): boolean {
    if (this.#hasExpired()) this.#end("expired");
    return this.#lock !== undefined;
  }
  /** The lock by whose right a posted transaction was made; `""` for one of this node's own. */
  origin({ position }: Transaction): string {
    for (const posted of this.#posted.values()) if (isSamePosition(posted.position, position)) return posted.id;
    return "";
  }

  /** Grants locks as the primary of `epoch`. */
  start(epoch: number): void {
    this.#epoch = epoch;
    this.#posted.clear();
  }

  /** The leadership is over, and the lock with it. */
  stop(): void {
    this.#end("leadership");
    this.#epoch = 0;
  }

  receive(from: NodeId, raw: Message): void {
    const message = raw as HaltMessage;
    if (this.#epoch === 0) return;
    if (message.type === "repl.halt") this.#onAsk(from, message);
    else if (message.type === "repl.halt-post") this.#onPost(from, message);
    else if (message.type === "repl.halt-release") this.#onRelease(from, message);
  }

  #onAsk(from: NodeId, ask: HaltAsk): void {
    if (ask.epoch !== this.#epoch) return;
    const lock = this.isHalted ? this.#lock : undefined;
    const isOwn = lock?.id === ask.id && lock.holder === from;
    if (lock !== undefined && isOwn) this.#tell(lock, ask);
    else if (lock !== undefined || !this.#options.mayWrite()) {
      const reason = lock === undefined ? "not-writable" : "held";
      this.#options.send(from, { type: "repl.halt-denied", epoch: this.#epoch, id: ask.id, reason });
    } else void this.#grant(from, ask);
  }

  /** Lets nothing new in, and grants the lock when what was under way is durable. */
  async #grant(holder: NodeId, ask: HaltAsk): Promise<void> {
    const { database, observer, ttlMs, sweepMs } = this.#options;
    const lock: Lock = { id: ask.id, holder, expiresAtMs: undefined };
    this.#lock = lock;
    await database.flush();
    if (this.#lock !== lock) return;
    lock.expiresAtMs = this.#now() + ttlMs;
    this.#sweep.arm(sweepMs);
    const { txid, checksum } = database.position;
    const at = { txid: String(txid), checksum: hex16(checksum) };
    observer.point("halt.grant", { epoch: this.#epoch, id: lock.id, by: holder, ...at, ttlMs });
    this.#tell(lock, ask);
  }

  /** Tells a holder that it is one; again, when that got lost. */
  #tell({ id, holder, expiresAtMs }: Lock, { sentAtMs }: HaltAsk): void {
    if (expiresAtMs === undefined) return;
    this.#options.send(holder, {
      ...{ type: "repl.halt-grant", epoch: this.#epoch, id, sentAtMs },
      leftMs: expiresAtMs - this.#now(),
      position: formatPosition(this.#options.database.position),
    });
  }

  #onPost(from: NodeId, post: HaltPost): void {
    const transaction = decodeTransaction(post.transaction);
    const last = this.#posted.get(from);
    if (last !== undefined && isSamePosition(last.position, transaction.position)) {
      void this.#answer(from, post, last);
      return;
    }
    // An old copy of something that was committed and answered long ago.
    if (this.#options.database.hasOnChain(transaction.position) === true) return;
    const refusal = this.#refusal(from, post, transaction);
    if (refusal !== undefined) {
      this.#refuse(from, post, refusal);
      return;
    }
    const { observer, database } = this.#options;
    const { txid, checksum } = transaction.position;
    const at = { txid: String(txid), checksum: hex16(checksum) };
    observer.point("halt.post", { epoch: post.epoch, id: post.id, by: from, ...at });
    const { position } = transaction;
    const posted: Posted = { id: post.id, position, result: database.accept(transaction, post.epoch) };
    this.#posted.set(from, posted);
    void this.#answer(from, post, posted);
  }

  /** Why a post may not be committed. */
  #refusal(from: NodeId, { id, epoch }: HaltPost, transaction: Transaction): string | undefined {
    if (epoch !== this.#epoch || transaction.epoch !== epoch) return "epoch";
    const doubt = this.#doubt(from, id);
    if (doubt !== undefined) return doubt;
    if (!this.#options.mayWrite()) return "not-writable";
    return isSamePosition(positionBefore(transaction), this.#options.database.position) ? undefined : "position";
  }

  /** Why a node has no right to a lock of that id now. */
  #doubt(from: NodeId, id: string): string | undefined {
    const lock = this.#lock;
    if (lock?.id !== id || lock.holder !== from || lock.expiresAtMs === undefined) return "not-holder";
    return this.#hasExpired() ? "expired" : undefined;
  }

  #refuse(to: NodeId, { epoch, id, transaction: { position } }: HaltPost, reason: string): void {
    this.#options.observer.point("halt.refuse", { epoch, id, by: to, position, reason });
    this.#options.send(to, { type: "repl.halt-answer", epoch, id, position, outcome: "refused", reason, result: null });
    if (this.#lock?.id === id && this.#lock.holder === to) this.#end(reason === "expired" ? "expired" : "refused");
  }

  /** Says that a post is committed, once it is; nothing when it is not this node's to say any more. */
  async #answer(to: NodeId, post: HaltPost, posted: Posted): Promise<void> {
    const { epoch, id } = post;
    const leadership = this.#epoch;
    try {
      const result = await posted.result;
      if (this.#epoch !== leadership || !this.#options.mayWrite()) return;
      const position = formatPosition(posted.position);
      this.#options.send(to, {
        ...{ type: "repl.halt-answer", epoch, id, position, outcome: "committed", reason: "", result },
      });
    } catch (error) {
      // Refused before it took its place.
      if (!(error instanceof DatabaseError) && !(error instanceof FaultlineError)) throw error;
      this.#posted.delete(to);
      this.#refuse(to, post, "database");
    }
  }

  #onRelease(from: NodeId, { epoch, id }: HaltRelease): void {
    if (this.#lock?.id === id && this.#lock.holder === from) this.#end("released");
    this.#options.send(from, { type: "repl.halt-ended", epoch, id });
  }

  #hasExpired(): boolean {
    const expiresAtMs = this.#lock?.expiresAtMs;
    return expiresAtMs !== undefined && this.#now() >= expiresAtMs;
  }

  #end(reason: "released" | "expired" | "refused" | "leadership"): void {
    const lock = this.#lock;
    if (lock === undefined) return;
    this.#lock = undefined;
    this.#sweep.cancel();
    if (lock.expiresAtMs !== undefined)
      this.#options.observer.point("halt.end", { epoch: this.#epoch, id: lock.id, by: lock.holder, reason });
    this.#options.onEnd();
  }

  #now(): number {
    return this.#options.clock.monotonic();
  }
}
