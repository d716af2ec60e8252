import type { Plain } from "../../ports/transport.ts";
import type { Position } from "./position.ts";
import type { Transaction } from "./transaction.ts";

/**
 * What a replicated database holds, changed by transactions alone.
 *
 * Every copy is given the same transactions in the same order, so the same changes must do the same everywhere: a step may depend on
 * nothing but the changes and the state.
 */
export interface StateMachine {
  /** Of the last transaction that it has applied; its state and this never differ. */
  readonly position: Position;
  /** Whether state and position survive a restart by themselves. */
  readonly isDurable: boolean;
  /** Why these changes can never be a transaction; `undefined` when they can. Asked at the primary alone. */
  refusal(changes: Plain): string | undefined;
  /**
   * Takes the step. Changes that fail in the same way on every copy have no effect, and a result that says so.
   *
   * @throws when this very machine cannot go on: no disk, no memory.
   */
  apply(transaction: Transaction): Plain;
  /** The whole state, for {@link restore} of another copy. */
  snapshot(): Plain;
  /** Replaces state and position. */
  restore(snapshot: Plain, position: Position): void;
}
