import type { Clock } from "../../ports/clock.ts";
import type { RaftLeaderElectionPort } from "../../ports/leader-election.ts";
import type { NodeId } from "../../ports/node.ts";
import type { Observer } from "../../ports/observer.ts";
import type { Timer, Timers } from "../../ports/timers.ts";
import type { GroupChange } from "../../components/raft/group-config.ts";
import type { ChangeOutcome } from "../../components/raft/reconfiguration.ts";
import type { RaftOptions } from "../../components/raft/raft-node.ts";
import type { TransferOutcome } from "../../components/raft/transfer.ts";
import type { LockLease } from "../../components/replication/lock-lease.ts";
import type { LockLeaser } from "../../components/replication/lock-leaser.ts";
import type { Election } from "./election.ts";

/** Between two looks at the store while somebody else leads, and before a renewal that failed is tried again: LiteFS's delays. */
const RECONNECT_MS = 1_000;
const RETRY_MS = 1_000;
/** Who gave leadership up by its own will leaves it to others for so long: LiteFS's demote delay. */
const DEMOTE_DELAY_MS = 10_000;

export interface LeaseElectionOptions {
  readonly id: NodeId;
  readonly members: readonly NodeId[];
  readonly leaser: LockLeaser;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly observer: Observer;
  readonly electionTimeoutMs: number;
  readonly hooks: LeaseElectionHooks;
}

/** What an election by lease asks of its node: the same as one by votes. */
export type LeaseElectionHooks = Required<
  Pick<RaftOptions, "mayCampaign" | "onRoleChange" | "onLeaseChange" | "onReady">
>;

/** Brings a leadership to another node; {@link LeaseHandoff}. */
export interface Handover {
  start(target: NodeId | undefined, done: (outcome: TransferOutcome) => void): void;
  /** The leadership ended meanwhile. */
  cancel(): void;
}

/**
 * {@link Election} by a lease from a store: who holds it leads, whoever of the other nodes can be reached. Nobody votes.
 *
 * "Quorum" is the store here: a leader has one while its lease is valid, anybody else while the store has answered within the length
 * of a lease. A lease is renewed after half of its time, and given up when there is no time for another try.
 */
export class LeaseElection implements Election, RaftLeaderElectionPort {
  readonly diskWriteMs = 0;
  readonly isDiskFull = false;
  readonly #options: LeaseElectionOptions;
  readonly #look: Timer;
  readonly #renewal: Timer;
  readonly #deadline: Timer;
  /** The leader goes on to be one so long after its lease, so that whoever watches for that can see it. */
  readonly #stepDown: Timer;
  #handover: Handover | undefined;
  #lease: LockLease | undefined;
  #term = 0;
  #leader: NodeId | "" = "";
  #notBeforeMs = 0;
  /** A question for the lease is under way. */
  #isAsking = false;
  #isTransferring = false;

  constructor(options: LeaseElectionOptions) {
    this.#options = options;
    const { timers } = options;
    this.#look = timers.create("lease", () => {
      this.#look.arm(RECONNECT_MS);
      this.#ask();
    });
    this.#renewal = timers.create("lease renewal", () => {
      void this.#renew();
    });
    this.#deadline = timers.create("lease deadline", () => {
      this.#onDeadline();
    });
    this.#stepDown = timers.create("step down", () => {
      if (this.#lease?.isValid === false) this.#end("its lease is over");
    });
  }

  /** Says who carries out {@link LeaseElection.transferTo}. */
  connect(handover: Handover): void {
    this.#handover = handover;
  }

  get term(): number {
    return this.#term;
  }
  get leader(): NodeId | "" {
    return this.#leader;
  }
  get isLeader(): boolean {
    return this.#lease !== undefined;
  }
  get hasLease(): boolean {
    return this.#lease?.isValid === true && !this.#isTransferring;
  }
  /** Nothing has to be agreed on before the first write. */
  get isReady(): boolean {
    return this.isLeader;
  }
  get isTransferring(): boolean {
    return this.#isTransferring;
  }
  /** The lease that this node leads by. */
  get lease(): LockLease | undefined {
    return this.#lease;
  }

  open(): Promise<void> {
    this.#observeFollower();
    this.#look.arm(0);
    return Promise.resolve();
  }
  receive(): void {
    // Nobody votes.
  }
  flush(): Promise<void> {
    return Promise.resolve();
  }

  demote(reason: string): void {
    if (this.#lease === undefined) return;
    // By its own will only while it has something to give up.
    if (this.#lease.isValid) this.holdDown(DEMOTE_DELAY_MS);
    this.#end(reason);
  }
  holdDown(ms: number): void {
    this.#notBeforeMs = Math.max(this.#notBeforeMs, this.#now() + ms);
  }

  transferTo(target?: NodeId, done: (outcome: TransferOutcome) => void = () => undefined): void {
    if (!this.hasLease || this.#handover === undefined) {
      done("refused");
      return;
    }
    this.#isTransferring = true;
    this.#observeLease();
    this.#options.hooks.onLeaseChange(false);
    this.#handover.start(target, (outcome) => {
      this.#isTransferring = false;
      if (this.hasLease) {
        this.#observeLease();
        this.#options.hooks.onLeaseChange(true);
      }
      done(outcome);
    });
  }
  reconfigure(_change: GroupChange, done: (outcome: ChangeOutcome) => void = () => undefined): void {
    done({ status: "refused", reason: "nobody votes: the lease decides" });
  }

  /** Leads by a lease that was just granted. */
  lead(lease: LockLease): void {
    const { id, hooks, observer } = this.#options;
    this.#lease = lease;
    this.#term = lease.epoch;
    this.#leader = id;
    observer.state("role", "leader", { term: lease.epoch, leader: id });
    this.#observeLease();
    this.#renewal.arm(this.#renewMs);
    this.#deadline.arm(lease.leftMs);
    hooks.onRoleChange("leader");
    hooks.onLeaseChange(true);
    hooks.onReady(lease.epoch);
  }

  /** A peer says that it leads `term`. A leader that hears of a newer one has lost its lease, whatever its own clock says. */
  hear(node: NodeId, term: number): void {
    if (term <= this.#term) return;
    this.#options.leaser.hear({ node, epoch: term });
    if (this.isLeader) this.#end("somebody leads a newer term");
    this.#learn();
  }

  /** Leads no more, and lets go of its lease for whoever is told `offer`. @returns `undefined` when it is over. */
  offer(): string | undefined {
    const lease = this.#lease;
    const offer = lease?.offer();
    if (lease !== undefined && offer !== undefined) this.#follow("its lease is offered", "");
    return offer;
  }

  /** Follows the node that took over, and leaves leadership to it for a while. */
  handedOver(to: NodeId, term: number): void {
    this.#term = Math.max(this.#term, term);
    this.#leader = to;
    this.holdDown(DEMOTE_DELAY_MS);
    this.#observeFollower();
  }

  isLeaderElected(): boolean {
    return this.isLeader;
  }
  electAsLeader(): void {
    this.#ask();
  }
  demoteFromLeader(): void {
    this.demote("demoted through the leader-election port");
  }
  getClusterMembers(): readonly NodeId[] {
    return this.#options.members;
  }
  isMemberInCluster(node: string): boolean {
    return this.#options.members.includes(node as NodeId);
  }
  /** Seconds: nobody is elected sooner after a leader that falls silent. */
  getElectionTimeout(): number {
    return this.#options.leaser.ttlMs / 1_000;
  }
  /** Seconds. */
  getHeartbeatInterval(): number {
    return this.#renewMs / 1_000;
  }
  isQuorumReached(): boolean {
    if (this.#lease !== undefined) return this.#lease.isValid;
    const { leaser } = this.#options;
    return this.#now() - leaser.answeredAtMs <= leaser.ttlMs;
  }

  #ask(): void {
    const { leaser, hooks } = this.#options;
    if (this.isLeader || this.#isAsking || this.#isTransferring) return;
    this.#isAsking = true;
    const mayLead = (): boolean => hooks.mayCampaign() && this.#now() >= this.#notBeforeMs;
    const asked = mayLead() ? leaser.acquire() : leaser.refresh();
    asked.then(
      (lease) => {
        this.#isAsking = false;
        if (lease === undefined) this.#learn();
        else if (mayLead()) this.lead(lease);
        else lease.close();
      },
      () => {
        // Somebody else has it, this node is not the newest, or the store is silent: it looks again.
        this.#isAsking = false;
        this.#learn();
      },
    );
  }

  /** Follows whom the store names. */
  #learn(): void {
    const { id, leaser } = this.#options;
    const primary = leaser.primaryInfo();
    if (this.isLeader || primary === undefined || primary.epoch < this.#term) return;
    const leader = primary.node === id ? "" : primary.node;
    if (primary.epoch === this.#term && leader === this.#leader) return;
    this.#term = primary.epoch;
    this.#leader = leader;
    this.#observeFollower();
  }

  async #renew(): Promise<void> {
    const lease = this.#lease;
    if (lease === undefined) return;
    const isRenewed = await lease.renew();
    if (lease !== this.#lease) return;
    if (isRenewed) {
      this.#observeLease();
      this.#renewal.arm(this.#renewMs);
      this.#deadline.arm(lease.leftMs);
    } else if (lease.leftMs > RETRY_MS) this.#renewal.arm(RETRY_MS);
    else if (lease.isValid) this.#end("its lease could not be renewed in time");
  }

  #onDeadline(): void {
    const lease = this.#lease;
    if (lease === undefined) return;
    if (lease.isValid) {
      this.#deadline.arm(lease.leftMs);
      return;
    }
    this.#observeLease();
    this.#stepDown.arm(this.#options.electionTimeoutMs);
    this.#options.hooks.onLeaseChange(false);
  }

  #end(reason: string): void {
    const lease = this.#lease;
    this.#follow(reason, "");
    this.#handover?.cancel();
    lease?.close();
  }

  #follow(reason: string, leader: NodeId | ""): void {
    const { observer, hooks } = this.#options;
    for (const timer of [this.#renewal, this.#deadline, this.#stepDown]) timer.cancel();
    this.#lease = undefined;
    this.#leader = leader;
    this.#observeLease();
    observer.point("lease.step-down", { term: this.#term, reason });
    this.#observeFollower();
    hooks.onRoleChange("follower");
  }

  #observeLease(): void {
    const { observer } = this.#options;
    const leftMs = this.hasLease ? (this.#lease?.leftMs ?? 0) : 0;
    if (leftMs > 0) observer.state("lease", "valid", { term: this.#term, untilMs: this.#now() + leftMs, leftMs });
    else observer.state("lease", "expired", { term: this.#term });
  }
  #observeFollower(): void {
    this.#options.observer.state("role", "follower", { term: this.#term, leader: this.#leader });
  }

  get #renewMs(): number {
    return Math.floor(this.#options.leaser.ttlMs / 2);
  }
  #now(): number {
    return this.#options.clock.monotonic();
  }
}
