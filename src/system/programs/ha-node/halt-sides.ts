import type { NodeEnv, NodeId } from "../../ports/node.ts";
import type { Message } from "../../ports/transport.ts";
import { HaltHolder } from "../../components/replication/halt-holder.ts";
import { HaltLock } from "../../components/replication/halt-lock.ts";
import type { KvChanges } from "../../components/replication/kv-state-machine.ts";
import type { ReplicatedDatabase } from "../../components/replication/replicated-database.ts";
import type { ReplicationReplica } from "../../components/replication/replication-replica.ts";
import type { Transaction } from "../../components/replication/transaction.ts";
import type { HaltConfig } from "./config.ts";
import { writeOutcome, type ReplicaWrites, type StoreWrite, type WriteOutcome } from "./store-backend.ts";

/** Own writes that wait for the end of a lock, at most: as many clients wait no longer than one lock lasts. */
const WAITING_MAX = 256;

/** Both sides of the halt lock at one node: the primary's while it leads, and a replica's while it follows. */
export class HaltSides implements ReplicaWrites {
  readonly #lock: HaltLock;
  readonly #holder: HaltHolder;
  readonly #waiting: (() => void)[] = [];

  constructor(options: {
    readonly env: NodeEnv;
    readonly config: Required<HaltConfig>;
    readonly database: ReplicatedDatabase;
    readonly replica: ReplicationReplica;
    mayWrite(): boolean;
  }) {
    const { env, config, database, replica } = options;
    const { id, incarnation, clock, timers, observer, transport } = env;
    const ports = {
      ...{ database, clock, timers, observer },
      send: (to: NodeId, message: Message): void => {
        transport.send(to, message);
      },
    };
    const { ttlMs, sweepMs, acquireTimeoutMs, keepMs } = config;
    this.#lock = new HaltLock({
      ...{ ...ports, ttlMs, sweepMs },
      mayWrite: () => options.mayWrite(),
      onEnd: () => {
        for (const go of this.#waiting.splice(0)) go();
      },
    });
    this.#holder = new HaltHolder({
      ...{ ...ports, replica, acquireTimeoutMs, keepMs },
      life: `${id}.${String(incarnation)}`,
    });
  }

  get isHalted(): boolean {
    return this.#lock.isHalted;
  }
  get isOpen(): boolean {
    return this.#holder.isOpen;
  }
  origin(transaction: Transaction): string {
    return this.#lock.origin(transaction);
  }

  /** Calls `go` when the present lock is over. @returns false when too many wait already. */
  afterwards(go: () => void): boolean {
    if (this.#waiting.length >= WAITING_MAX) return false;
    this.#waiting.push(go);
    return true;
  }

  write({ key, value, client, seq }: Omit<StoreWrite, "epoch">, done: (outcome: WriteOutcome) => void): void {
    const changes: KvChanges = { operation: "write", key, value, client, seq };
    this.#holder.write(changes, (outcome) => {
      done(outcome.status === "done" ? writeOutcome(outcome.result) : { status: outcome.status });
    });
  }

  /** This node leads: from now on it grants locks and asks for none. */
  lead(epoch: number): void {
    this.#holder.stop();
    this.#lock.start(epoch);
  }
  /** It leads no more. */
  demote(): void {
    this.#lock.stop();
  }
  /** It takes no part any more. */
  stop(): void {
    this.#lock.stop();
    this.#holder.stop();
  }
  /** The database has changed, or the primary. */
  advance(): void {
    this.#holder.advance();
  }

  receive(from: NodeId, message: Message): void {
    this.#lock.receive(from, message);
    this.#holder.receive(from, message);
  }
}
