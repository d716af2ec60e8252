import { FailStopError } from "../../ports/errors.ts";
import type { Plain } from "../../ports/transport.ts";
import type { LogEntry } from "../raft/raft-log.ts";
import type { Applied } from "../raft/replicated-log.ts";
import { EpochMarks, type EpochMark } from "./epoch-marks.ts";
import { formatPosition, isSamePosition, START, type Position } from "./position.ts";
import type { StateMachine } from "./state-machine.ts";
import { makeTransaction, type Transaction } from "./transaction.ts";

/** The command that makes a transaction, in a Raft group's log. */
export interface TransactionCommand {
  readonly operation: "transaction";
  readonly changes: Plain;
  readonly [key: string]: Plain;
}

/** What the log answers to a {@link TransactionCommand}. */
export interface TransactionResult {
  /** As text. */
  readonly position: string;
  /** What the state machine made of it. */
  readonly result: Plain;
  readonly [key: string]: Plain;
}

/**
 * A database whose transactions are the entries of a Raft group's log: what is in it, a quorum has.
 *
 * Positions are made from the log alone, so every copy has the same. A state machine that keeps its own state is given only what it
 * has not: a restart replays the log, and what was applied before is compared with the state's position instead.
 */
export class QuorumDatabase {
  readonly #machine: StateMachine;
  readonly #onApplied: (transaction: Transaction) => void;
  #position = START;
  readonly #marks = new EpochMarks();

  constructor(options: { readonly machine: StateMachine; onApplied?(transaction: Transaction): void }) {
    this.#machine = options.machine;
    this.#onApplied = (transaction) => options.onApplied?.(transaction);
  }

  /** Of what the state shows. After a restart that may be more than has been replayed. */
  get appliedPosition(): Position {
    return this.#machine.position;
  }
  /** Epoch of the last transaction; 0 for none. */
  get epoch(): number {
    return this.marks.at(-1)?.epoch ?? 0;
  }
  get marks(): readonly EpochMark[] {
    return this.#marks.list();
  }

  /** Whether the history goes through a position, as far as it has been replayed; `undefined` inside an epoch. */
  hasOnChain(position: Position): boolean | undefined {
    if (position.txid === 0n || isSamePosition(position, this.#position)) return true;
    if (position.txid >= this.#position.txid) return false;
    const mark = this.marks.find((one) => one.position.txid === position.txid);
    return mark === undefined ? undefined : isSamePosition(mark.position, position);
  }

  /** Why these changes can never be a transaction; `undefined` when they can. */
  refusal(changes: Plain): string | undefined {
    return this.#machine.refusal(changes);
  }

  /**
   * Takes a committed entry of the group's log: a {@link TransactionCommand}. Its result is a {@link TransactionResult}.
   *
   * @throws {FailStopError} when the state turns out to be of another history.
   */
  apply(entry: LogEntry): Applied {
    const { changes } = entry.command as TransactionCommand;
    const transaction = makeTransaction(this.#position, entry.term, changes);
    const { position } = transaction;
    this.#position = position;
    this.#marks.add(entry.term, position);
    const shown = this.#machine.position;
    if (position.txid <= shown.txid) {
      if (position.txid === shown.txid && !isSamePosition(position, shown))
        throw new FailStopError("The state is of another history than the log beside it.", {
          state: formatPosition(shown),
          log: formatPosition(position),
        });
      return { result: null, hasEffect: false };
    }
    const result: TransactionResult = { position: formatPosition(position), result: this.#machine.apply(transaction) };
    this.#onApplied(transaction);
    return { result, hasEffect: true };
  }
}
