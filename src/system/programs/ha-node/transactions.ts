import { DatabaseError, NotPrimaryError, SplitBrainError, StaleEpochError } from "../../ports/database-errors.ts";
import { FaultlineError } from "../../ports/errors.ts";
import type { Plain } from "../../ports/transport.ts";
import type { WriteGate, WriteRefusal } from "../../components/failover/write-gate.ts";
import type { Committed, StoreBackend } from "./store-backend.ts";

export interface TransactionsOptions {
  readonly store: StoreBackend;
  readonly gate: WriteGate;
  readonly id: string;
  /** Of the leadership for which writes are let in now. */
  epoch(): number;
  /** Who leads; `""` while nobody is known to. */
  leader(): string;
}

/**
 * Transactions of an application on this very node, which pass the gate twice as a client's writes do: when they are let in, and
 * when they are done.
 */
export class Transactions {
  readonly #options: TransactionsOptions;
  #inFlight = 0;
  #onDrained: (() => void)[] = [];

  constructor(options: TransactionsOptions) {
    this.#options = options;
  }

  /**
   * Makes a transaction of these changes.
   *
   * @returns when it is done, as the store's durability has it.
   * @throws {DatabaseError} when this node may not write: nothing was changed.
   * @throws {ChangesRefusedError} when they can never be a transaction.
   * @throws {FaultlineError} `WRITE_UNCONFIRMED` when the leadership ended meanwhile: it may have taken effect.
   */
  async commit(changes: Plain): Promise<Committed> {
    const { store, gate } = this.#options;
    const epoch = this.#options.epoch();
    const refusal = gate.refusal();
    if (refusal !== undefined) throw this.#errorOf(refusal);
    this.#inFlight++;
    try {
      const committed = await store.commit(epoch, changes);
      const ended = this.#options.epoch() === epoch ? gate.refusal() : "old-epoch";
      // A disk that is full by now says nothing of what is on it.
      if (ended !== undefined && ended !== "unhealthy")
        throw new FaultlineError(
          "WRITE_UNCONFIRMED",
          `this node may not write any more (${ended}); the transaction may be lost.`,
          { reason: ended },
        );
      return committed;
    } finally {
      if (--this.#inFlight === 0) for (const resolve of this.#onDrained.splice(0)) resolve();
    }
  }

  /** Resolves when every transaction that was let in has its answer. */
  drained(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#inFlight === 0) resolve();
      else this.#onDrained.push(resolve);
    });
  }

  #errorOf(refusal: WriteRefusal): DatabaseError {
    const { id, store } = this.#options;
    const leader = this.#options.leader();
    switch (refusal) {
      case "fenced":
      case "coordinator":
        return new SplitBrainError(`this node is not to write (${refusal})`, { nodeId: id, refusal });
      case "unhealthy":
        return new DatabaseError("EUNHEALTHY", "This node has no room for a write; nothing was changed.", {
          nodeId: id,
        });
      case "old-epoch":
        return new StaleEpochError(this.#options.epoch(), store.maxEpoch);
      default:
        return new NotPrimaryError(leader === "" || leader === id ? undefined : leader, { nodeId: id, refusal });
    }
  }
}
