import type { NodeId } from "../../ports/node.ts";
import type { Message, Plain } from "../../ports/transport.ts";
import type { Chain } from "../../components/proxy/chain-standing.ts";
import type { Position } from "../../components/replication/position.ts";

/** One write of a client, let in by the gate for the leadership of `epoch`. */
export interface StoreWrite {
  readonly key: string;
  readonly value: Plain;
  readonly client: string;
  readonly seq: number;
  readonly epoch: number;
}

/** Takes writes at a node that is not the primary. */
export interface ReplicaWrites {
  readonly isOpen: boolean;
  /** `done` is called once. */
  write(write: Omit<StoreWrite, "epoch">, done: (outcome: WriteOutcome) => void): void;
}

/** `refused`: it certainly did nothing. `unknown`: it may take effect still. `done` and not `ok`: it had no effect this time. */
export type WriteOutcome =
  | { readonly status: "done"; readonly ok: boolean; readonly error: string }
  | { readonly status: "refused" }
  | { readonly status: "unknown" };

/** What became of a write, from what the store's machine made of it. */
export function writeOutcome(result: Plain): WriteOutcome {
  const { ok, error = "refused" } = result as { ok: boolean; error?: string };
  return { status: "done", ok, error };
}

/** A transaction that is done. */
export interface Committed {
  readonly position: Position;
  /** What the state machine made of it. */
  readonly result: Plain;
}

/** A database that follows, or is followed. */
export interface ReplicationFacts {
  readonly database: Chain;
  /** For how long it may have lacked something that its primary had, ms; 0 at the primary, `Infinity` when it never had all of it. */
  readonly lagMs: number;
}

/** What an `ha-node` keeps its data in: what "written" means is decided here. */
export interface StoreBackend {
  /** Largest epoch that the store knows. */
  readonly maxEpoch: number;
  /** Whether a read may be answered here now, by what the store promises of reads. */
  readonly canRead: boolean;
  /** Whether what is here is known to be what the present leader goes on from. */
  readonly isReconciled: boolean;
  /** For how long this copy may have lacked something that a client was told is written, ms; 0 where that cannot be. */
  readonly lagMs: number;
  /** Whether something of its own waits for room on the disk. */
  readonly isDiskFull?: boolean;
  /** Where the data are a chain of transactions; a key-value store that a quorum commits is none. */
  readonly replication?: ReplicationFacts;
  /** Reads what a former life stored. Call once, first. */
  open(): Promise<void>;
  get(key: string): Plain;
  /** Makes sure of a read that was asked for now, where {@link StoreBackend.canRead} alone does not. `done` is called once. */
  readonly confirmRead?: ((done: (isConfirmed: boolean) => void) => void) | undefined;
  /** Prepares for the writes of a leadership, before the first is let in; `undefined` when there is nothing to wait for. */
  promote(epoch: number): Promise<void> | undefined;
  /** This node's leadership is over. */
  demote(): void;
  /**
   * Goes back to the last position in common with the new primary, which keeps what it leaves; `pending` when that can only be done
   * later, before {@link StoreBackend.isReconciled} holds.
   *
   * @throws {SplitBrainDetectedError} when there is no way back.
   */
  rollback(): Promise<"done" | "pending">;
  /** Resolves when everything written so far is durable. */
  flush(): Promise<void>;
  /** Where replicas take writes. */
  readonly replicaWrites?: ReplicaWrites | undefined;
  /** Gives back what this node holds of others, as it ends. */
  releaseLocks?(): void;
  /** Called at every poll. */
  tick(): void;
  /** `done` is called once. */
  write(write: StoreWrite, done: (outcome: WriteOutcome) => void): void;
  /**
   * Makes a transaction as the primary of `epoch`, in a store that is a database.
   *
   * @throws {DatabaseError | ChangesRefusedError} when nothing was changed.
   * @throws {FaultlineError} `WRITE_UNCONFIRMED` when that is not known.
   */
  commit(epoch: number, changes: Plain): Promise<Committed>;
  receive(from: NodeId, message: Message): void;
}
