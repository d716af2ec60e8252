import type { Message, Plain } from "../../ports/transport.ts";
import type { StoredTransaction } from "./transaction.ts";

/** A replica asks the primary of `epoch` for the halt lock. Repeated until it is answered. */
export interface HaltAsk extends Message {
  readonly type: "repl.halt";
  readonly epoch: number;
  /** Names the lock, if it is granted: no two askings of one replica have the same. */
  readonly id: string;
  /** Asker's own monotonic clock; a grant gives it back, so that the asker can tell from when to count. */
  readonly sentAtMs: number;
}

/** The lock is the asker's, and the primary's writes rest. */
export interface HaltGrant extends Message {
  readonly type: "repl.halt-grant";
  readonly epoch: number;
  readonly id: string;
  readonly sentAtMs: number;
  /** Until it ends, ms of the primary's clock from the sending of this. */
  readonly leftMs: number;
  /** Where the primary stands, and the holder must be before it writes. */
  readonly position: string;
}

/** The lock is not to be had now: another replica has it (`held`), or this node may not write itself (`not-writable`). */
export interface HaltDenial extends Message {
  readonly type: "repl.halt-denied";
  readonly epoch: number;
  readonly id: string;
  readonly reason: HaltDenialReason;
}
export type HaltDenialReason = "held" | "not-writable";

/** The holder of the lock `id` asks for its transaction to be committed. Repeated until it is answered. */
export interface HaltPost extends Message {
  readonly type: "repl.halt-post";
  readonly epoch: number;
  readonly id: string;
  readonly transaction: StoredTransaction;
}

/** `committed`: the transaction is on the primary's chain, durably. `refused`: it is not, and never will be. */
export interface HaltAnswer extends Message {
  readonly type: "repl.halt-answer";
  readonly epoch: number;
  readonly id: string;
  /** Of the transaction. */
  readonly position: string;
  readonly outcome: "committed" | "refused";
  /** Why it was refused; `""` when it was not. */
  readonly reason: string;
  /** What the state machine made of it; `null` when it was refused. */
  readonly result: Plain;
}

/** The holder gives the lock back, or one that it does not want any more. Repeated until it is answered. */
export interface HaltRelease extends Message {
  readonly type: "repl.halt-release";
  readonly epoch: number;
  readonly id: string;
}

/** The lock is over. */
export interface HaltEnded extends Message {
  readonly type: "repl.halt-ended";
  readonly epoch: number;
  readonly id: string;
}

export type HaltMessage = HaltAsk | HaltGrant | HaltDenial | HaltPost | HaltAnswer | HaltRelease | HaltEnded;
