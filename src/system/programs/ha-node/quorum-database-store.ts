import { NotPrimaryError } from "../../ports/database-errors.ts";
import { FaultlineError } from "../../ports/errors.ts";
import type { NodeEnv } from "../../ports/node.ts";
import type { RaftNode } from "../../components/raft/raft-node.ts";
import { formatPosition, parsePosition } from "../../components/replication/position.ts";
import type {
  QuorumDatabase,
  TransactionCommand,
  TransactionResult,
} from "../../components/replication/quorum-database.ts";
import { ChangesRefusedError } from "../../components/replication/replication-errors.ts";
import type { Plain } from "../../ports/transport.ts";
import type { Committed, ReplicationFacts, StoreBackend, StoreWrite, WriteOutcome } from "./store-backend.ts";

/** {@link StoreBackend} with a database behind the Raft log: a transaction is done when a majority has it. Reads are local, and may be old. */
export class QuorumDatabaseStore implements StoreBackend {
  readonly lagMs = 0;
  readonly #env: NodeEnv;
  readonly #raft: RaftNode;
  readonly #database: QuorumDatabase;
  /** When this copy last had all that the leader had committed; -1 for never. */
  #currentAtMs = -1;

  constructor(options: { readonly env: NodeEnv; readonly raft: RaftNode; readonly database: QuorumDatabase }) {
    this.#env = options.env;
    this.#raft = options.raft;
    this.#database = options.database;
  }

  get maxEpoch(): number {
    return this.#database.epoch;
  }
  get canRead(): boolean {
    return this.#raft.hasLease && this.#raft.isReady;
  }
  get isReconciled(): boolean {
    return this.#raft.isCaughtUp;
  }
  get replication(): ReplicationFacts {
    const lagMs = this.#currentAtMs < 0 ? Infinity : this.#env.clock.monotonic() - this.#currentAtMs;
    return { database: this.#database, lagMs: this.#isCurrent() ? 0 : lagMs };
  }
  /** The log is opened with the election. */
  open(): Promise<void> {
    return Promise.resolve();
  }
  /** It has no keys of its own. */
  get(): Plain {
    return null;
  }
  promote(): undefined {
    return undefined;
  }
  demote(): void {
    // Entries under way are the next leader's.
  }
  /** The log goes back by itself when its new leader's entries come: what it drops was never acknowledged. */
  rollback(): Promise<"pending"> {
    return Promise.resolve("pending");
  }
  flush(): Promise<void> {
    return this.#raft.flush();
  }
  tick(): void {
    if (this.#isCurrent()) this.#currentAtMs = this.#env.clock.monotonic();
    this.#env.observer.state("position", formatPosition(this.#database.appliedPosition), {
      epoch: this.#database.epoch,
    });
  }
  write(_write: StoreWrite, done: (outcome: WriteOutcome) => void): void {
    done({ status: "refused" });
  }

  commit(_epoch: number, changes: Plain): Promise<Committed> {
    const refusal = this.#database.refusal(changes);
    if (refusal !== undefined) return Promise.reject(new ChangesRefusedError(refusal));
    const command: TransactionCommand = { operation: "transaction", changes };
    return new Promise((resolve, reject) => {
      this.#raft.propose({ command, client: "", seq: 0 }, (outcome) => {
        if (outcome.status === "committed") {
          const { position, result } = outcome.result as TransactionResult;
          resolve({ position: parsePosition(position), result });
        } else if (outcome.status === "refused") {
          reject(new NotPrimaryError(outcome.leader === "" ? undefined : outcome.leader));
        } else {
          const reason = "the leadership ended before a majority had the transaction; it may take effect still";
          reject(new FaultlineError("WRITE_UNCONFIRMED", `${reason}.`, {}));
        }
      });
    });
  }

  receive(): void {
    // Its messages are the log's.
  }

  #isCurrent(): boolean {
    return this.#raft.isCaughtUp && this.#raft.hearsLeader;
  }
}
