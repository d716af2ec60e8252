import { FaultlineError } from "../../ports/errors.ts";
import type { Asked, Granter } from "../lock/granter.ts";
import { LockClient, type LockClientPorts } from "../lock/lock-client.ts";
import type { AcquireOptions, Acquisition, TransferableLock } from "../lock/lock-port.ts";
import type { LockAnswer, LockRequest, LockTable } from "./lock-table.ts";
import type { RaftNode } from "./raft-node.ts";

/** The group could not be asked, or did not answer in time. */
export class LockProposalError extends FaultlineError {
  /** True: the request certainly has no effect. False: it may have had one, or may have one still. */
  readonly definite: boolean;
  /** The node that leads as far as is known; `""` for nobody. */
  readonly leader: string;
  constructor(reason: string, options: { definite: boolean; leader?: string }) {
    const { definite, leader = "" } = options;
    super("LOCK_PROPOSAL", `the group did not take the request: ${reason}.`, { reason, definite, leader });
    this.definite = definite;
    this.leader = leader;
  }
}

/**
 * Takes a request to the group's log, at the node that leads.
 *
 * @returns what the state machine answered. Rejects with {@link LockProposalError}: definite with the present leader's name on a node
 * that does not lead, indefinite when leadership was lost on the way.
 */
export function proposeLock(
  group: { readonly raft: Pick<RaftNode, "propose" | "isLeader" | "isReady" | "leader">; readonly table: LockTable },
  request: LockRequest,
): Promise<LockAnswer> {
  const { raft, table } = group;
  return new Promise((resolve, reject) => {
    // Before its first entry is applied a leader's table may be behind: it would take what is held for free, and the log would refuse.
    if (!raft.isLeader || !raft.isReady) {
      const leader = raft.isLeader ? "" : raft.leader;
      reject(new LockProposalError("this node does not lead", { definite: true, leader }));
      return;
    }
    const command = table.prepare(request);
    if (command === undefined) {
      resolve({ outcome: "busy", fencing: "" });
      return;
    }
    raft.propose({ command: { ...command }, client: "", seq: 0 }, (outcome) => {
      if (outcome.status === "committed") resolve(outcome.result as unknown as LockAnswer);
      else if (outcome.status === "refused")
        reject(new LockProposalError("this node does not lead", { definite: true, leader: outcome.leader }));
      else reject(new LockProposalError("leadership was lost on the way", { definite: false }));
    });
  });
}

export interface RaftLockOptions extends LockClientPorts {
  /**
   * Brings a request to {@link proposeLock} at the leader, over whatever the program has for it, and gives its answer. Settles within a
   * time that the caller knows, well below a third of a TTL; rejects with {@link LockProposalError}, anything else counts as indefinite.
   */
  propose(request: LockRequest): Promise<LockAnswer>;
}

/**
 * A lock kept by a Raft group: no majority forgets it, so that it needs no epochs, and its fencing number is an index of the log.
 *
 * Dearer than a Redis: every grant, extension and release is an entry on the disks of a majority, and there is no lock without one.
 *
 * @remarks A holder may still believe that it holds the lock when it does not, as with any lock in a process that can be paused: the
 * fencing number, compared where the write goes, protects that.
 * @see Ongaro & Ousterhout 2014; Burrows 2006 (Chubby: sequencers). Checked by `lab/checkers/lock-mutex.ts` and `fencing-grows.ts`.
 * @example
 * const table = new LockTable({ clock, observer });
 * const raft = new RaftNode({ ...ports, apply: (entry) => table.apply(entry), send });
 * const lock = new RaftLock({ ...ports, propose: (request) => proposeLock({ raft, table }, request) });
 */
export class RaftLock implements TransferableLock {
  readonly #client: LockClient;

  constructor(options: RaftLockOptions) {
    this.#client = new LockClient(options, new RaftGranter(options));
  }

  acquire(key: string, options?: AcquireOptions): Promise<Acquisition> {
    return this.#client.acquire(key, options);
  }
  takeOver(key: string, token: string, options?: AcquireOptions): Promise<Acquisition> {
    return this.#client.takeOver(key, token, options);
  }
}

class RaftGranter implements Granter {
  readonly #options: RaftLockOptions;

  constructor(options: RaftLockOptions) {
    this.#options = options;
  }

  acquire(key: string, token: string, ttlMs: number): Promise<Asked> {
    return this.#ask({ operation: "lock.acquire", key, token, ttlMs });
  }

  takeOver(key: string, { from, to }: { from: string; to: string }, ttlMs: number): Promise<Asked> {
    return this.#ask({ operation: "lock.take-over", key, token: to, from, ttlMs });
  }

  async #ask(request: LockRequest): Promise<Asked> {
    const askedAtMs = this.#options.clock.monotonic();
    try {
      const { outcome, fencing } = await this.#options.propose(request);
      if (outcome !== "granted") return { outcome: "busy" };
      return { outcome: "granted", fencing: BigInt(fencing), askedAtMs };
    } catch (reason) {
      const error = reason instanceof Error ? reason : new Error(String(reason));
      const mayBeGranted = !(error instanceof LockProposalError && error.definite);
      return { outcome: "unavailable", error, mayBeGranted };
    }
  }

  async extend(key: string, token: string, ttlMs: number): Promise<boolean> {
    return (await this.#options.propose({ operation: "lock.extend", key, token, ttlMs })).outcome === "done";
  }

  async release(key: string, token: string): Promise<boolean> {
    return (await this.#options.propose({ operation: "lock.release", key, token, ttlMs: 0 })).outcome === "done";
  }
}
