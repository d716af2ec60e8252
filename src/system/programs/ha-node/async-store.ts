import type { NodeEnv, NodeId } from "../../ports/node.ts";
import { DatabaseError, NotPrimaryError } from "../../ports/database-errors.ts";
import { FaultlineError, SplitBrainDetectedError } from "../../ports/errors.ts";
import type { Message, Plain } from "../../ports/transport.ts";
import { KvStateMachine, type KvChanges } from "../../components/replication/kv-state-machine.ts";
import type { Leaser } from "../../components/replication/leaser.ts";
import { formatPosition, hex16, type Position } from "../../components/replication/position.ts";
import { ReplicatedDatabase, type AppliedBy } from "../../components/replication/replicated-database.ts";
import { ReplicationReplica, type ReplicaState } from "../../components/replication/replication-replica.ts";
import { ReplicationSource } from "../../components/replication/replication-source.ts";
import type { StateMachine } from "../../components/replication/state-machine.ts";
import type { Transaction } from "../../components/replication/transaction.ts";
import type { HaltConfig } from "./config.ts";
import { HaltSides } from "./halt-sides.ts";
import {
  writeOutcome,
  type Committed,
  type ReplicaWrites,
  type ReplicationFacts,
  type StoreBackend,
  type StoreWrite,
  type WriteOutcome,
} from "./store-backend.ts";

export interface AsyncStoreOptions {
  readonly env: NodeEnv;
  readonly leaser: Leaser;
  readonly retentionMs: number;
  /** Default: keys and values in memory. */
  readonly machine?: DatabaseMachine;
  /** How replicas take writes; `undefined`: they refuse them. */
  readonly halt: Required<HaltConfig> | undefined;
  /** Whether the gate lets writes in now. */
  mayWrite(): boolean;
  /** How this node leaves a chain of its own. */
  readonly resync: "snapshot" | "rollback";
  /** It was to go back, and there is no way. */
  onStuck(error: SplitBrainDetectedError): void;
}

/** What holds the data. One that has keys can be asked for them by clients. */
export interface DatabaseMachine extends StateMachine {
  get?(key: string): Plain;
}

/** How long a new primary is waited for that is to be gone back to. */
const ROLLBACK_MS_MAX = 1_000;

/** How many transactions a node that starts again tells of: more than one sync takes, so those too that became durable as it ended. */
const RECOVERED_TOLD = 64n;

/**
 * {@link StoreBackend} as LiteFS keeps it: a write is done when the primary's own disk has it, and replicas are told afterwards.
 *
 * What a primary wrote and nobody was told of is lost to the cluster when another takes its place; it is not lost from sight: the
 * node reports it and keeps it. Reads are local everywhere, and may be old.
 */
export class AsyncStore implements StoreBackend {
  readonly #env: NodeEnv;
  readonly #leaser: Leaser;
  readonly #machine: DatabaseMachine;
  readonly #database: ReplicatedDatabase;
  readonly #source: ReplicationSource;
  readonly #replica: ReplicationReplica;
  readonly #halt: HaltSides | undefined;
  /** Whoever waits for the replica to have gone back, or to be stuck. */
  #onSettled: ((state: ReplicaState) => void) | undefined;

  constructor(options: AsyncStoreOptions) {
    const { env, leaser, retentionMs, resync, halt } = options;
    const { id, disk, clock, timers, observer } = env;
    this.#env = env;
    this.#leaser = leaser;
    this.#machine = options.machine ?? new KvStateMachine();
    this.#database = new ReplicatedDatabase({
      id,
      disk,
      clock,
      timers,
      machine: this.#machine,
      retention: { retentionMs },
      onApplied: (transaction, by, epoch) => {
        this.#observe(transaction, by, epoch);
        this.#source.pump();
        this.#halt?.advance();
      },
      onEpoch: (epoch) => {
        env.observer.point("repl.epoch", { epoch });
      },
    });
    const database = this.#database;
    const send = (to: NodeId, message: Message): void => {
      env.transport.send(to, message);
    };
    this.#source = new ReplicationSource({ database, clock, timers, observer, send });
    this.#replica = new ReplicationReplica({
      ...{ id, database, clock, timers, observer, send, resync },
      onState: (state) => {
        if (state === "streaming" || state === "stuck") this.#onSettled?.(state);
      },
      onStuck: (error) => {
        options.onStuck(error);
      },
    });
    if (halt !== undefined)
      this.#halt = new HaltSides({
        ...{ env, config: halt, database, replica: this.#replica },
        mayWrite: () => options.mayWrite(),
      });
  }

  get maxEpoch(): number {
    return this.#database.maxEpoch;
  }
  get canRead(): boolean {
    return this.#replica.state !== "restoring";
  }
  get isReconciled(): boolean {
    return this.#replica.state === "streaming";
  }
  get isDiskFull(): boolean {
    return this.#database.isDiskFull;
  }
  get lagMs(): number {
    const { lagMs } = this.#replica;
    return this.#source.epoch !== 0 || lagMs === Infinity ? 0 : lagMs;
  }

  get replication(): ReplicationFacts {
    return { database: this.#database, lagMs: this.#source.epoch === 0 ? this.#replica.lagMs : 0 };
  }

  async open(): Promise<void> {
    await this.#database.open();
    const { appliedPosition, floor } = this.#database;
    const { txid } = appliedPosition;
    const from = txid - RECOVERED_TOLD < floor.txid ? floor.txid : txid - RECOVERED_TOLD;
    const last = this.#database.transactionsAfter(from, Number(RECOVERED_TOLD));
    for (const { position, epoch } of last) this.#observeRecovered(position, epoch);
    if (last.length === 0 && txid > 0n) this.#observeRecovered(appliedPosition, this.#database.epoch);
  }

  get(key: string): Plain {
    return this.#machine.get?.(key) ?? null;
  }

  async promote(epoch: number): Promise<void> {
    if (this.#replica.state === "restoring")
      throw new FaultlineError("REPLICATION_BUSY", "a snapshot of the last primary is being put in place.", { epoch });
    this.#replica.stop();
    this.#halt?.advance();
    const lease = await this.#leaser.acquire();
    await this.#joinCluster();
    await this.#database.adoptEpoch(epoch);
    if (lease.epoch === epoch && lease.isValid) {
      this.#source.start(epoch);
      this.#halt?.lead(epoch);
    } else throw new FaultlineError("LEASE_ENDED", "the lease ended before the store was ready.", { epoch });
  }

  demote(): void {
    this.#source.stop();
    this.#halt?.demote();
  }

  async rollback(): Promise<"done" | "pending"> {
    this.demote();
    const primary = this.#leaser.primaryInfo();
    if (primary === undefined || primary.node === this.#env.id) return "pending";
    this.#replica.follow(primary.node, primary.epoch);
    const state = await this.#settled();
    if (state === "stuck") throw new SplitBrainDetectedError("there is no position to go back to.", { ...primary });
    return state === "streaming" ? "done" : "pending";
  }

  flush(): Promise<void> {
    return this.#database.flush();
  }

  /** Follows whoever is primary. While nobody is known to be, the last one is as good as any. */
  tick(): void {
    const primary = this.#leaser.primaryInfo();
    if (primary !== undefined && primary.node !== this.#env.id && this.#source.epoch === 0)
      this.#replica.follow(primary.node, primary.epoch);
    this.#halt?.advance();
    this.#env.observer.state("position", formatPosition(this.#database.appliedPosition), {
      epoch: this.#database.epoch,
    });
  }

  get replicaWrites(): ReplicaWrites | undefined {
    return this.#source.epoch === 0 ? this.#halt : undefined;
  }

  releaseLocks(): void {
    this.#halt?.stop();
  }

  write(write: StoreWrite, done: (outcome: WriteOutcome) => void): void {
    const { key, value, client, seq, epoch } = write;
    const changes: KvChanges = { operation: "write", key, value, client, seq };
    if (this.#source.epoch !== epoch) {
      done({ status: "refused" });
      return;
    }
    if (this.#halt?.isHalted === true) {
      const isWaiting = this.#halt.afterwards(() => {
        this.write(write, done);
      });
      if (!isWaiting) done({ status: "refused" });
      return;
    }
    this.#database.commit(epoch, changes).then(
      ({ result }) => {
        done(writeOutcome(result));
      },
      (error: unknown) => {
        // Refused before it became a transaction.
        if (!(error instanceof DatabaseError) && !(error instanceof FaultlineError)) throw error;
        done({ status: "refused" });
      },
    );
  }

  async commit(epoch: number, changes: Plain): Promise<Committed> {
    await this.#unhalted();
    if (this.#source.epoch !== epoch) throw new NotPrimaryError(this.#leaser.primaryInfo()?.node, { epoch });
    const { transaction, result } = await this.#database.commit(epoch, changes);
    return { position: transaction.position, result };
  }

  receive(from: NodeId, message: Message): void {
    if (!this.#env.peers.includes(from)) return;
    this.#source.receive(from, message);
    this.#replica.receive(from, message);
    this.#halt?.receive(from, message);
  }

  /** Waits for a replica that has the right to write in this node's place. */
  #unhalted(): Promise<void> {
    const halt = this.#halt;
    if (halt?.isHalted !== true) return Promise.resolve();
    return new Promise((resolve, reject) => {
      if (!halt.afterwards(resolve))
        reject(new FaultlineError("REPLICATION_BUSY", "a replica writes, and too many wait for it.", {}));
    });
  }

  /** The state in which the replica came to rest; whichever it is in when that takes too long. */
  #settled(): Promise<ReplicaState> {
    const { state } = this.#replica;
    if (state === "streaming" || state === "stuck") return Promise.resolve(state);
    return new Promise((resolve) => {
      const end = (last: ReplicaState): void => {
        this.#onSettled = undefined;
        timeout.cancel();
        resolve(last);
      };
      const timeout = this.#env.timers.create("rollback", () => {
        end(this.#replica.state);
      });
      timeout.arm(ROLLBACK_MS_MAX);
      this.#onSettled = end;
    });
  }

  /** The first primary of all names the cluster; a later one of another name never serves it. */
  async #joinCluster(): Promise<void> {
    const database = this.#database;
    const { random } = this.#env;
    const drawn = [random.uint32(), random.uint32()].map((part) => part.toString(16).padStart(8, "0")).join("");
    const name = await this.#leaser.setClusterId(database.clusterId === "" ? `CL${drawn}` : database.clusterId);
    if (database.clusterId === "") await database.setClusterId(name);
    else if (database.clusterId !== name)
      throw new FaultlineError("CLUSTER_MISMATCH", `this node's data belong to cluster ${database.clusterId}.`, {
        name,
      });
  }

  #observeRecovered({ txid, checksum }: Position, epoch: number): void {
    this.#env.observer.point("repl.recover", { epoch, txid: String(txid), checksum: hex16(checksum) });
  }

  #observe(transaction: Transaction, by: AppliedBy, streamEpoch: number): void {
    const { position, preChecksum, epoch, changes } = transaction;
    if (by === "recover") return;
    const { observer } = this.#env;
    const at = { txid: String(position.txid), checksum: hex16(position.checksum) };
    if (by === "apply") {
      observer.point("repl.apply", { epoch, stream: streamEpoch, ...at });
      return;
    }
    const { client = "", seq = 0, key = "" } = changes as Partial<KvChanges>;
    const origin = by === "post" && this.#halt !== undefined ? { halt: this.#halt.origin(transaction) } : {};
    observer.point("repl.commit", { epoch, ...at, pre: hex16(preChecksum), client, seq, key, ...origin });
  }
}
