import type { NodeId } from "../../ports/node.ts";
import type { Observer } from "../../ports/observer.ts";
import type { Timer, Timers } from "../../ports/timers.ts";
import type { Message } from "../../ports/transport.ts";
import type { TransferOutcome } from "../../components/raft/transfer.ts";
import type { LockLeaser } from "../../components/replication/lock-leaser.ts";
import type { Handover, LeaseElection } from "./lease-election.ts";

/** The primary of `epoch` has stopped writing at `position` and would hand over. Repeated until it is answered. */
interface Prepare extends Message {
  readonly type: "lease.prepare";
  readonly epoch: number;
  readonly position: string;
}

/** The sender is exactly there. */
interface Ready extends Message {
  readonly type: "lease.ready";
  readonly epoch: number;
  readonly position: string;
}

/** The lease is the receiver's to take. Repeated until it is answered. */
interface Offer extends Message {
  readonly type: "lease.offer";
  readonly epoch: number;
  readonly lease: string;
}

/** The sender took it, and leads `next`; 0 when it did not get it. */
interface Taken extends Message {
  readonly type: "lease.taken";
  readonly epoch: number;
  readonly next: number;
}

const REPEAT_MS = 100;

export interface LeaseHandoffOptions {
  readonly id: NodeId;
  readonly election: LeaseElection;
  readonly leaser: LockLeaser;
  readonly timers: Timers;
  readonly observer: Observer;
  /** Where this node's data end, durable. */
  readonly position: () => string;
  /** Resolves when everything that was let in is durable. */
  readonly flush: () => Promise<void>;
  /** Whether this node is on the chain of the primary that it follows, and may lead. */
  readonly mayTake: () => boolean;
  /** Whom it is handed to when nobody is named; `undefined` for nobody. */
  readonly target: () => NodeId | undefined;
  readonly send: (to: NodeId, message: Message) => void;
}

interface Giving {
  readonly epoch: number;
  readonly target: NodeId;
  readonly done: (outcome: TransferOutcome) => void;
  /** What is repeated, once there is something to say. */
  message: Prepare | Offer | undefined;
}

/**
 * Hands a lease from node to node, in two steps that can each go wrong without harm.
 *
 * The primary stops writing and waits until the target has everything; then it gives up leading and offers its lease, and the target takes
 * it in the store, under the next epoch. Nobody else can have it meanwhile. A target that does not answer is forestalled: the primary
 * takes the lease back in the store, which makes the offer void, and leads on; or finds that the target was quicker, and follows.
 *
 * @see superfly/litefs `store.go`, Handoff.
 */
export class LeaseHandoff implements Handover {
  readonly #options: LeaseHandoffOptions;
  readonly #repeat: Timer;
  readonly #limit: Timer;
  readonly #limitMs: number;
  #giving: Giving | undefined;
  /** What this node was offered last, and what became of it. */
  #taken: { readonly lease: string; answer: Taken | undefined } | undefined;

  constructor(options: LeaseHandoffOptions) {
    this.#options = options;
    const { timers, leaser } = options;
    this.#limitMs = Math.floor(leaser.ttlMs / 4);
    this.#repeat = timers.create("handoff", () => {
      this.#say();
    });
    this.#limit = timers.create("handoff limit", () => {
      this.#onLimit();
    });
  }

  start(named: NodeId | undefined, done: (outcome: TransferOutcome) => void): void {
    const { election, id } = this.#options;
    const target = named ?? this.#options.target();
    const lease = election.lease;
    if (target === undefined || target === id || lease === undefined) {
      done("refused");
      return;
    }
    const giving: Giving = { epoch: lease.epoch, target, done, message: undefined };
    this.#giving = giving;
    this.#limit.arm(this.#limitMs);
    this.#observe("started");
    // Renewed once, so that the target has time to take it.
    void Promise.all([lease.renew(), this.#options.flush()]).then(
      ([isRenewed]) => {
        if (this.#giving !== giving) return;
        if (!isRenewed) {
          this.#settle("aborted");
          return;
        }
        giving.message = { type: "lease.prepare", epoch: giving.epoch, position: this.#options.position() };
        this.#say();
      },
      () => {
        if (this.#giving === giving) this.#settle("aborted");
      },
    );
  }

  cancel(): void {
    if (this.#giving?.message?.type !== "lease.offer") this.#settle("lost");
  }

  receive(from: NodeId, raw: Message): void {
    const message = raw as Prepare | Ready | Offer | Taken;
    if (message.type === "lease.prepare") this.#onPrepare(from, message);
    else if (message.type === "lease.offer") this.#onOffer(from, message);
    else if (message.type === "lease.ready") this.#onReady(from, message);
    else this.#onTaken(from, message);
  }

  #say(): void {
    const giving = this.#giving;
    if (giving?.message === undefined) return;
    this.#options.send(giving.target, giving.message);
    this.#repeat.arm(REPEAT_MS);
  }

  #onPrepare(from: NodeId, { epoch, position }: Prepare): void {
    const { election, mayTake } = this.#options;
    const isFollowed = election.leader === from && election.term === epoch;
    if (isFollowed && mayTake() && position === this.#options.position())
      this.#options.send(from, { type: "lease.ready", epoch, position });
  }

  #onReady(from: NodeId, { epoch, position }: Ready): void {
    const giving = this.#giving;
    const { message } = giving ?? {};
    if (giving?.target !== from || giving.epoch !== epoch) return;
    if (message?.type !== "lease.prepare" || message.position !== position) return;
    const lease = this.#options.election.offer();
    if (lease === undefined) return;
    giving.message = { type: "lease.offer", epoch, lease };
    this.#limit.arm(this.#limitMs);
    this.#observe("sent");
    this.#say();
  }

  #onOffer(from: NodeId, { epoch, lease }: Offer): void {
    if (this.#taken?.lease === lease) {
      if (this.#taken.answer !== undefined) this.#options.send(from, this.#taken.answer);
      return;
    }
    const { election, leaser, mayTake } = this.#options;
    const taking: { readonly lease: string; answer: Taken | undefined } = { lease, answer: undefined };
    this.#taken = taking;
    const answer = (next: number): void => {
      taking.answer = { type: "lease.taken", epoch, next };
      this.#options.send(from, taking.answer);
    };
    if (election.isLeader || election.term > epoch || !mayTake()) {
      answer(0);
      return;
    }
    leaser.acquireExisting(lease).then(
      (own) => {
        election.lead(own);
        answer(own.epoch);
      },
      () => {
        answer(0);
      },
    );
  }

  #onTaken(from: NodeId, { epoch, next }: Taken): void {
    const giving = this.#giving;
    if (giving?.target !== from || giving.epoch !== epoch || giving.message?.type !== "lease.offer") return;
    if (next === 0) {
      this.#takeBack(giving, giving.message.lease);
      return;
    }
    this.#options.election.handedOver(from, next);
    this.#settle("handed-over");
  }

  #onLimit(): void {
    const giving = this.#giving;
    if (giving?.message?.type === "lease.offer") this.#takeBack(giving, giving.message.lease);
    else this.#settle("aborted");
  }

  /** Makes the offer void, by taking it; what comes of the target's own attempt is decided in the store. */
  #takeBack(giving: Giving, offer: string): void {
    const { leaser, election } = this.#options;
    giving.message = undefined;
    this.#limit.cancel();
    leaser.acquireExisting(offer).then(
      (lease) => {
        this.#settle("aborted", () => {
          election.lead(lease);
        });
      },
      () => {
        // The target has it, or nobody can say: this node leads no more either way.
        this.#settle("lost");
      },
    );
  }

  #settle(outcome: TransferOutcome, before: () => void = () => undefined): void {
    const giving = this.#giving;
    if (giving === undefined) return;
    this.#repeat.cancel();
    this.#limit.cancel();
    this.#observe(outcome);
    this.#giving = undefined;
    before();
    giving.done(outcome);
  }

  #observe(outcome: string): void {
    const { epoch, target } = this.#giving as Giving;
    this.#options.observer.point("lease.handoff", { term: epoch, target, outcome });
  }
}
