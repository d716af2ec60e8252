import type { NodeId } from "../../ports/node.ts";
import type { Observer } from "../../ports/observer.ts";
import type { Timer, Timers } from "../../ports/timers.ts";

/** How a transfer ended. `handed-over`: the target was told, and a later term has begun. `aborted`: this node leads on. */
export type TransferOutcome = "handed-over" | "aborted" | "lost" | "refused";

export interface TransferHost {
  readonly term: number;
  readonly electionTimeoutMs: number;
  readonly timers: Timers;
  readonly observer: Observer;
  /** Tells the target to campaign at once; `transfer` is the number by which voters know the order. */
  sendTimeoutNow(target: NodeId, transfer: number): void;
  /** The transfer begins: no lease and no proposals from now on. */
  suspend(): void;
  /** It was given up: the lease may be earned again, by a fresh round. */
  resume(): void;
}

interface Running {
  readonly target: NodeId;
  readonly done: (outcome: TransferOutcome) => void;
  isSent: boolean;
}

/**
 * The transfers of one leadership, one at a time.
 *
 * An order to campaign may arrive long after its transfer was given up, and its votes override leader stickiness. So orders are
 * numbered, every message of the leader says up to which number they are void, and the lease comes back only by a round sent
 * after that: a quorum then knows, and refuses them.
 *
 * @see Ongaro 2014 (thesis) §3.10; etcd-io/etcd#12704.
 */
export class Transfers {
  readonly #host: TransferHost;
  #timer: Timer | undefined;
  #count = 0;
  #running: Running | undefined;

  constructor(host: TransferHost) {
    this.#host = host;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }
  /** Up to which number orders to campaign are void. */
  get revoked(): number {
    return this.#running === undefined ? this.#count : this.#count - 1;
  }
  get target(): NodeId | undefined {
    return this.#running?.target;
  }

  start(target: NodeId, done: (outcome: TransferOutcome) => void): void {
    this.#count++;
    this.#running = { target, done, isSent: false };
    this.#observe(target, "started");
    this.#host.suspend();
    this.#timer ??= this.#host.timers.create("transfer", () => {
      this.#abort();
    });
    this.#timer.arm(this.#host.electionTimeoutMs);
  }

  /** The target's log is known to end where the leader's does: it is told, once. */
  onMatch(): void {
    const running = this.#running;
    if (running === undefined || running.isSent) return;
    running.isSent = true;
    this.#observe(running.target, "sent");
    this.#host.sendTimeoutNow(running.target, this.#count);
  }

  /** The leadership ends. */
  close(): void {
    this.#timer?.cancel();
    this.#end(this.#running?.isSent === true ? "handed-over" : "lost");
  }

  #abort(): void {
    if (this.#running === undefined) return;
    this.#end("aborted", () => {
      this.#host.resume();
    });
  }

  #end(outcome: TransferOutcome, before?: () => void): void {
    const running = this.#running;
    if (running === undefined) return;
    this.#running = undefined;
    this.#observe(running.target, outcome);
    before?.();
    running.done(outcome);
  }

  #observe(target: NodeId, outcome: string): void {
    this.#host.observer.point("raft.transfer", { term: this.#host.term, target, outcome });
  }
}
