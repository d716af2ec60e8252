import { NotPrimaryError } from "../../ports/database-errors.ts";
import { FaultlineError } from "../../ports/errors.ts";
import type { NodeId } from "../../ports/node-id.ts";
import type { Timers } from "../../ports/timers.ts";
import type { Plain } from "../../ports/transport.ts";
import type { LogEntry } from "../raft/raft-log.ts";
import type { RaftNode } from "../raft/raft-node.ts";
import type { StateMachinePort } from "../raft/state-machine-port.ts";
import type { Lease, Leaser, PrimaryInfo } from "./leaser.ts";

/** The command that names a cluster, in the group's log. */
interface NameCluster {
  readonly operation: "cluster-id";
  readonly id: string;
}

/**
 * {@link Leaser} on a Raft group: the lease is the Raft leader's, counted from the sending of the heartbeats that a quorum answered.
 *
 * The cluster's name is an entry of the group's log, the first one of its kind: so nobody has a name that a later primary has not.
 */
export class RaftLeaser implements Leaser, StateMachinePort {
  readonly type = "raft";
  readonly #id: NodeId;
  readonly #raft: RaftNode;
  readonly #timers: Timers;
  #clusterId = "";

  constructor(options: { readonly id: NodeId; readonly raft: RaftNode; readonly timers: Timers }) {
    this.#id = options.id;
    this.#raft = options.raft;
    this.#timers = options.timers;
  }

  acquire(): Promise<Lease> {
    const raft = this.#raft;
    if (!raft.isReady || !raft.hasLease) {
      raft.requestElection();
      return Promise.reject(this.#notPrimary({}));
    }
    return Promise.resolve(this.#leaseOf(raft.term));
  }

  /** A leadership is handed over by the group itself; its receiver leads the next term and names the one before. */
  acquireExisting(leaseId: string): Promise<Lease> {
    const epoch = Number(leaseId.slice(leaseId.lastIndexOf("@") + 1));
    const raft = this.#raft;
    const isHanded = Number.isSafeInteger(epoch) && (raft.term === epoch + 1 || leaseId === this.#nameOf(raft.term));
    if (!isHanded || !raft.isReady || !raft.hasLease) return Promise.reject(this.#notPrimary({ leaseId }));
    return Promise.resolve(this.#leaseOf(raft.term));
  }

  primaryInfo(): PrimaryInfo | undefined {
    const { leader, term } = this.#raft;
    return leader === "" ? undefined : { node: leader as NodeId, epoch: term };
  }
  clusterId(): string {
    return this.#clusterId;
  }

  /** @throws {FaultlineError} `LEASER_UNAVAILABLE` when the group did not answer in time; it may take the name still. */
  setClusterId(id: string): Promise<string> {
    if (this.#clusterId !== "") return Promise.resolve(this.#clusterId);
    return new Promise((resolve, reject) => {
      const fail = (reason: string): void => {
        reject(new FaultlineError("LEASER_UNAVAILABLE", `the cluster could not be named: ${reason}.`, { id }));
      };
      const timeout = this.#timers.create("cluster name", () => {
        fail("no quorum answered in time");
      });
      timeout.arm(this.#callTimeoutMs());
      const command: NameCluster = { operation: "cluster-id", id };
      this.#raft.propose({ command: command as unknown as Plain, client: "", seq: 0 }, ({ status }) => {
        timeout.cancel();
        if (status === "committed") resolve(this.#clusterId);
        else fail(`the proposal is ${status}`);
      });
    });
  }

  /** Takes a committed entry of the group's log. */
  apply(entry: LogEntry): { readonly result: Plain; readonly hasEffect: boolean } {
    const { id } = entry.command as unknown as NameCluster;
    const hasEffect = this.#clusterId === "";
    if (hasEffect) this.#clusterId = id;
    return { result: this.#clusterId, hasEffect };
  }
  snapshot(): Plain {
    return this.#clusterId;
  }
  restore(state: Plain): void {
    this.#clusterId = state as string;
  }

  #leaseOf(term: number): Lease {
    const raft = this.#raft;
    const isValid = (): boolean => raft.term === term && raft.hasLease;
    return {
      id: this.#nameOf(term),
      epoch: term,
      get isValid() {
        return isValid();
      },
      // The heartbeats renew it all the time; whether they did is known at once.
      renew: () => Promise.resolve(isValid()),
      close: () => {
        if (raft.term === term) raft.demote("the lease was closed");
      },
    };
  }

  #nameOf(term: number): string {
    return `${this.#id}@${String(term)}`;
  }
  #notPrimary(facts: Readonly<Record<string, unknown>>): NotPrimaryError {
    const { leader } = this.#raft;
    const primary = leader === "" || leader === this.#id ? undefined : leader;
    return new NotPrimaryError(primary, { leaser: this.type, ...facts });
  }
  #callTimeoutMs(): number {
    return Math.max(1, Math.floor(this.#raft.config.leaseMs / 4));
  }
}
