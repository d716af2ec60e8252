import { FaultlineError } from "../../ports/errors.ts";
import type { Plain } from "../../ports/transport.ts";
import type { RaftNode } from "../../components/raft/raft-node.ts";
import type { KvStore, KvWrite } from "../../components/replication/kv-store.ts";
import type { Committed, StoreBackend, StoreWrite, WriteOutcome } from "./store-backend.ts";

/** {@link StoreBackend} behind the Raft log: a write is done when a majority has it, and reads are the leader's alone. */
export class QuorumStore implements StoreBackend {
  readonly lagMs = 0;
  readonly #raft: RaftNode;
  readonly #store: KvStore;
  readonly confirmRead: StoreBackend["confirmRead"];

  constructor(options: { readonly raft: RaftNode; readonly store: KvStore; readonly reads: "lease" | "read-index" }) {
    this.#raft = options.raft;
    this.#store = options.store;
    if (options.reads === "read-index") {
      this.confirmRead = (done) => {
        options.raft.readIndex(done);
      };
    }
  }

  get maxEpoch(): number {
    return this.#store.maxEpoch;
  }
  /** A lease read: while the lease is valid nobody else can have committed anything newer. */
  get canRead(): boolean {
    return this.#raft.hasLease && this.#raft.isReady;
  }
  get isReconciled(): boolean {
    return this.#raft.isCaughtUp;
  }
  /** The log is opened with the election. */
  open(): Promise<void> {
    return Promise.resolve();
  }
  get(key: string): Plain {
    return this.#store.get(key);
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
    // The log moves by itself.
  }

  write({ key, value, client, seq, epoch }: StoreWrite, done: (outcome: WriteOutcome) => void): void {
    const command: KvWrite = { operation: "write", key, value, epoch };
    this.#raft.propose({ command: command as unknown as Plain, client, seq }, (outcome) => {
      if (outcome.status !== "committed") {
        done({ status: outcome.status });
        return;
      }
      const { ok, error = "refused" } = outcome.result as { ok: boolean; error?: string };
      done({ status: "done", ok, error });
    });
  }

  /** Keys and values are no database. */
  commit(epoch: number): Promise<Committed> {
    return Promise.reject(new FaultlineError("HA_NODE_STORE", "this store makes no transactions.", { epoch }));
  }

  receive(): void {
    // Its messages are the log's.
  }
}
