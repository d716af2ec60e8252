import type { Clock } from "../../ports/clock.ts";
import { DatabaseError } from "../../ports/database-errors.ts";
import { FaultlineError } from "../../ports/errors.ts";
import type { NodeId } from "../../ports/node-id.ts";
import type { Observer } from "../../ports/observer.ts";
import type { Timer, Timers } from "../../ports/timers.ts";
import type { Message, Plain } from "../../ports/transport.ts";
import type { HaltAnswer, HaltGrant, HaltMessage } from "./halt-messages.ts";
import { formatPosition, isSamePosition, parsePosition, type Position } from "./position.ts";
import type { ReplicatedDatabase } from "./replicated-database.ts";
import type { ReplicationReplica } from "./replication-replica.ts";
import { encodeTransaction, positionBefore, type Transaction } from "./transaction.ts";

/** `refused`: it certainly did nothing, and never will. `unknown`: the primary may have committed it. */
export type HaltOutcome =
  | { readonly status: "done"; readonly result: Plain }
  | { readonly status: "refused"; readonly reason: string }
  | { readonly status: "unknown" };

export interface HaltHolderOptions {
  /** Of this life of the node: no other life has the same. Names its locks. */
  readonly life: string;
  readonly database: ReplicatedDatabase;
  readonly replica: ReplicationReplica;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly observer: Observer;
  /** A write that has waited so long for the lock is refused, ms. */
  readonly acquireTimeoutMs: number;
  /** For how long the lock is kept while writes come, ms. */
  readonly keepMs: number;
  send(to: NodeId, message: Message): void;
}

/** What is not answered within this is sent again; what is denied is asked for again after it. */
const RETRY_MS = 50;
/** A lock that nobody writes by is kept for so long: the next write of a client may be on its way. */
const IDLE_MS = 50;
/** Writes that wait at most. */
const QUEUE_MAX = 256;

interface Write {
  readonly changes: Plain;
  /** When it is given up. */
  readonly untilMs: number;
  done(outcome: HaltOutcome): void;
}

/** A lock of this replica, from the first asking to the primary's word that it is over. */
interface Lock {
  readonly id: string;
  readonly primary: NodeId;
  readonly epoch: number;
  phase: "asked" | "held" | "given-back";
  /** Where the primary stands, and so must this replica. */
  position: Position;
  /** When it has certainly not ended yet by the primary's clock, if that runs no faster than ours. */
  deadlineMs: number;
  /** When it was first written by. */
  usedAtMs: number;
  /** Since when nobody has written by it. */
  idleSinceMs: number;
}

/**
 * A replica's side of the halt lock: takes it from the primary for writes that come here, and gives it back when none come any more.
 *
 * LiteFS writes first and posts then. Here a transaction is drafted at the primary's exact position, posted, and put into this
 * replica's own chain only when the primary has committed it: so a post that is refused, or never answered, leaves nothing behind that
 * would have to be undone, and nothing is ever lost that somebody was told is written. One is under way at a time.
 */
export class HaltHolder {
  readonly #options: HaltHolderOptions;
  readonly #tick: Timer;
  readonly #queue: Write[] = [];
  #lock: Lock | undefined;
  #post: { readonly transaction: Transaction; readonly write: Write } | undefined;
  #asked = 0;
  #askAtMs = 0;

  constructor(options: HaltHolderOptions) {
    this.#options = options;
    this.#tick = options.timers.create("halt lock", () => {
      this.#onTick();
    });
  }

  /** Whether writes are taken: this replica is on its primary's chain. */
  get isOpen(): boolean {
    return this.#options.replica.state === "streaming";
  }

  /** Writes by right of the lock, which is asked for if need be. `done` is called once. */
  write(changes: Plain, done: (outcome: HaltOutcome) => void): void {
    if (!this.isOpen || this.#queue.length >= QUEUE_MAX) {
      done({ status: "refused", reason: this.isOpen ? "busy" : "not-streaming" });
      return;
    }
    this.#queue.push({ changes, untilMs: this.#now() + this.#options.acquireTimeoutMs, done });
    if (!this.#tick.isArmed) this.#tick.arm(RETRY_MS);
    this.advance();
  }

  /** Takes the next step, if there is one: call it when the database has changed, or the primary. */
  advance(): void {
    const now = this.#now();
    this.#dropLate(now);
    const { primary, epoch } = this.#options.replica;
    const lock = this.#lock;
    if (lock !== undefined && (lock.primary !== primary || lock.epoch !== epoch)) this.#lose("primary");
    if (this.#post !== undefined) return;
    if (this.#lock === undefined) {
      if (this.#queue.length > 0 && now >= this.#askAtMs && this.isOpen) this.#ask();
    } else if (this.#lock.phase === "held") this.#use(this.#lock, now);
  }

  receive(from: NodeId, raw: Message): void {
    const message = raw as HaltMessage;
    const { type, id } = message;
    const lock = this.#lock;
    if (type === "repl.halt-grant" && lock?.id !== id) {
      // Of an asking that was given up: nobody shall wait for its time to pass.
      this.#options.send(from, { type: "repl.halt-release", epoch: message.epoch, id });
      return;
    }
    if (lock === undefined || lock.id !== id || lock.primary !== from) return;
    if (type === "repl.halt-grant") this.#onGrant(lock, message);
    else if (type === "repl.halt-denied" && lock.phase === "asked") this.#free(message.reason);
    else if (type === "repl.halt-answer") this.#onAnswer(lock, message);
    else if (type === "repl.halt-ended" && lock.phase === "given-back") this.#free("given back");
  }

  /** Takes no part any more: this node leads, or ends. What waits is refused; a lock that is held is given back, once. */
  stop(): void {
    const lock = this.#lock;
    if (lock?.phase === "held") this.#sendRelease(lock);
    this.#lose("stopped");
    for (const write of this.#queue.splice(0)) write.done({ status: "refused", reason: "stopped" });
    this.#tick.cancel();
  }

  #onTick(): void {
    const lock = this.#lock;
    if (this.#post !== undefined) this.#sendPost();
    else if (lock?.phase === "asked") {
      if (this.#queue.length === 0) this.#free("nobody waits");
      else this.#sendAsk(lock);
    } else if (lock?.phase === "given-back") {
      if (this.#now() >= lock.deadlineMs) this.#free("expired");
      else this.#sendRelease(lock);
    }
    this.advance();
    if (this.#lock !== undefined || this.#queue.length > 0) this.#tick.arm(RETRY_MS);
  }

  #ask(): void {
    const { replica, life } = this.#options;
    const { primary, epoch } = replica;
    if (primary === "") return;
    this.#lock = {
      ...{ id: `${life}.${String(++this.#asked)}`, primary, epoch, phase: "asked" },
      position: this.#options.database.position,
      ...{ deadlineMs: 0, usedAtMs: Infinity, idleSinceMs: 0 },
    };
    this.#say("asked", this.#lock);
    this.#sendAsk(this.#lock);
  }

  #onGrant(lock: Lock, { position, sentAtMs, leftMs }: HaltGrant): void {
    if (lock.phase !== "asked") return;
    lock.phase = "held";
    lock.position = parsePosition(position);
    lock.deadlineMs = sentAtMs + leftMs;
    lock.idleSinceMs = this.#now();
    this.#say("held", lock);
    this.advance();
  }

  /** Posts the next write, once this replica is where the primary is; gives the lock back when there is none, or it is time to. */
  #use(lock: Lock, now: number): void {
    const { database, keepMs } = this.#options;
    const next = this.#queue[0];
    const isIdle = next === undefined && now - lock.idleSinceMs >= IDLE_MS;
    if (isIdle || now >= lock.deadlineMs || now - lock.usedAtMs >= keepMs) {
      this.#giveBack(lock);
      return;
    }
    const isThere = isSamePosition(database.position, lock.position);
    if (next === undefined || !isThere || !isSamePosition(database.appliedPosition, lock.position)) return;
    this.#queue.shift();
    lock.usedAtMs = Math.min(lock.usedAtMs, now);
    try {
      this.#post = { transaction: database.draft(lock.epoch, next.changes), write: next };
    } catch (error) {
      if (!(error instanceof DatabaseError) && !(error instanceof FaultlineError)) throw error;
      next.done({ status: "refused", reason: error.message });
      return;
    }
    this.#sendPost();
  }

  #onAnswer(lock: Lock, { position, outcome, reason, result }: HaltAnswer): void {
    const post = this.#post;
    if (post === undefined || formatPosition(post.transaction.position) !== position) return;
    this.#post = undefined;
    const { transaction, write } = post;
    if (outcome === "refused") {
      // A refusal ends the lock.
      this.#free(reason);
      write.done({ status: "refused", reason });
      return;
    }
    lock.position = transaction.position;
    lock.idleSinceMs = this.#now();
    const done = (): void => {
      write.done({ status: "done", result });
      this.advance();
    };
    // The primary has it, whatever may keep it from this replica's own chain.
    this.#take(transaction).then(done, done);
  }

  /** Puts a committed transaction into the own chain, if the stream has not yet. */
  #take(transaction: Transaction): Promise<unknown> {
    const { database } = this.#options;
    const isNext = isSamePosition(positionBefore(transaction), database.position);
    return isNext ? database.apply(transaction, transaction.epoch) : database.flush();
  }

  /** Writes that nobody waits for any more. What is under way may have been committed. */
  #dropLate(now: number): void {
    while (this.#queue[0] !== undefined && now >= this.#queue[0].untilMs)
      this.#queue.shift()?.done({ status: "refused", reason: "no halt lock" });
    const late = this.#post;
    if (late === undefined || now < late.write.untilMs) return;
    this.#post = undefined;
    late.write.done({ status: "unknown" });
    // Where the primary stands is not known any more, so nothing can be drafted by this lock.
    if (this.#lock !== undefined) this.#giveBack(this.#lock);
  }

  #giveBack(lock: Lock): void {
    lock.phase = "given-back";
    this.#say("given-back", lock);
    this.#sendRelease(lock);
  }

  /** The lock is over without the primary's word: what is under way may have been committed. */
  #lose(reason: string): void {
    const { write } = this.#post ?? {};
    this.#post = undefined;
    if (this.#lock !== undefined) this.#free(reason);
    write?.done({ status: "unknown" });
  }

  #free(reason: string): void {
    this.#lock = undefined;
    // Others get their turn.
    this.#askAtMs = this.#now() + RETRY_MS;
    this.#options.observer.state("halt", "none", { reason });
  }

  #say(value: string, { id, primary, epoch }: Lock): void {
    this.#options.observer.state("halt", value, { id, primary, epoch });
  }

  #sendAsk({ id, primary, epoch }: Lock): void {
    this.#options.send(primary, { type: "repl.halt", epoch, id, sentAtMs: this.#now() });
  }
  #sendPost(): void {
    const lock = this.#lock;
    if (lock === undefined || this.#post === undefined) return;
    const transaction = encodeTransaction(this.#post.transaction);
    this.#options.send(lock.primary, { type: "repl.halt-post", epoch: lock.epoch, id: lock.id, transaction });
  }
  #sendRelease({ id, primary, epoch }: Lock): void {
    this.#options.send(primary, { type: "repl.halt-release", epoch, id });
  }

  #now(): number {
    return this.#options.clock.monotonic();
  }
}
