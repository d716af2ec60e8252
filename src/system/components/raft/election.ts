import type { Clock } from "../../ports/clock.ts";
import type { NodeId } from "../../ports/node.ts";
import type { Observer } from "../../ports/observer.ts";
import type { Random } from "../../ports/random.ts";
import type { Timer, Timers } from "../../ports/timers.ts";
import type { Message } from "../../ports/transport.ts";
import { Campaign } from "./campaign.ts";
import type { MemberState, RaftRole } from "./member-state.ts";
import type { QuorumPolicy } from "./quorum-policy.ts";
import type { RaftConfig } from "./raft-config.ts";
import type { PreVote, PreVoteReply, TimeoutNow, Vote, VoteReply } from "./raft-messages.ts";
import type { ReplicatedLog } from "./replicated-log.ts";

/** What the election half of a member needs of its node. */
export interface ElectionHost {
  readonly id: NodeId;
  readonly config: RaftConfig;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly observer: Observer;
  readonly log: ReplicatedLog;
  readonly state: MemberState;
  /** Name of this node's own disk; `""` for a founder's. */
  disk(): string;
  /** Whose votes count. */
  policy(): QuorumPolicy;
  hasLease(): boolean;
  /** Whether this node is a voter that may lead, and may campaign now, as its surroundings see it. */
  mayCampaign(): boolean;
  send(to: NodeId, message: Message): void;
  /** Sends an answer once everything it rests on is durable. */
  reply(to: NodeId, message: PreVoteReply | VoteReply): void;
  /** Adopts a higher term as a follower of nobody. @returns whether it was higher. */
  adoptHigher(term: number): boolean;
  becomeLeader(votes: readonly NodeId[]): void;
}

/** How a member comes to lead and helps others to: its election timer, its campaigns and its votes. */
export class Election {
  readonly #host: ElectionHost;
  readonly #state: MemberState;
  readonly #timer: Timer;
  #campaign: Campaign | undefined;
  #dueMs = 0;
  /** No vote and no campaign before: a restarted voter forgot what it promised to a lease. */
  #graceUntilMs = 0;
  #holdDownUntilMs = 0;

  constructor(host: ElectionHost) {
    this.#host = host;
    this.#state = host.state;
    this.#timer = host.timers.create("election", () => {
      this.#onTimeout();
    });
  }

  /** Takes part from now on; a restarted member after a grace in which every lease it may have promised runs out. */
  open(isRestart: boolean): void {
    const { electionTimeoutMs, rhoPpm } = this.#host.config;
    const graceMs = isRestart ? electionTimeoutMs + Math.ceil((electionTimeoutMs * rhoPpm) / 1_000_000) : 0;
    this.#graceUntilMs = this.#now() + graceMs;
    this.arm(graceMs);
  }

  /** Waits for a leader anew. */
  arm(extraMs = 0): void {
    const { electionTimeoutMs } = this.#host.config;
    const delayMs = extraMs + this.#host.random.integer(electionTimeoutMs, 2 * electionTimeoutMs - 1);
    this.#dueMs = this.#now() + delayMs;
    this.#timer.arm(delayMs);
  }

  /** Whether it asks around by an order of the leader of its term, which stands. */
  get isByOrder(): boolean {
    const campaign = this.#campaign;
    return campaign?.stage === "pre-vote" && (campaign.transfer ?? 0) > this.#state.revoked;
  }

  /** Gives up a running campaign. */
  abandon(): void {
    this.#campaign = undefined;
  }

  /** Does not campaign for the next `durationMs`; never shortens a longer hold-down. */
  holdDown(durationMs: number): void {
    const until = this.#now() + durationMs;
    if (until > this.#holdDownUntilMs) this.#holdDownUntilMs = until;
  }

  /** Starts a campaign unless there is a leader, a hold-down or a running one. */
  request(): void {
    if (this.#state.role !== "follower" || this.#state.hearsLeader) return;
    this.#dueMs = this.#now();
    this.#onTimeout();
  }

  #onTimeout(): void {
    if (this.#state.isLeader) return;
    const lateMs = this.#now() - this.#dueMs;
    this.arm();
    // A timer this late means that this process was paused: it has to hear the others first (restate #5156).
    if (lateMs > 2 * this.#host.config.heartbeatMs) return;
    if (!this.#mayCampaign()) {
      if (this.#state.role !== "follower") this.#setRole("follower");
      this.#state.leader = this.#state.hearsLeader ? this.#state.leader : "";
      this.#state.observeRole();
      return;
    }
    this.#askWhether();
  }

  /** §9.6: asks whether it would be elected, before its term goes up. */
  #askWhether(transfer?: number): void {
    this.#state.leader = "";
    const term = this.#state.term + 1;
    const campaign = new Campaign({ stage: "pre-vote", term, transfer, policy: this.#host.policy() });
    this.#campaign = campaign;
    this.#setRole("pre-candidate");
    this.#ask("raft.pre-vote", campaign);
    this.#count(this.#host.id, this.#host.disk());
  }

  #mayCampaign(): boolean {
    const now = this.#now();
    return now >= this.#graceUntilMs && now >= this.#holdDownUntilMs && this.#host.mayCampaign();
  }

  #ask(type: "raft.pre-vote" | "raft.vote", { term, transfer }: Campaign): void {
    const { id, log } = this.#host;
    const { lastIndex, lastTerm } = log;
    const disk = this.#host.disk();
    const request = {
      ...{ type, term, lastIndex, lastTerm },
      ...(disk === "" ? {} : { disk }),
      ...(transfer === undefined ? {} : { transfer }),
    };
    for (const voter of new Set(this.#host.policy().voters.map((one) => one.id)))
      if (voter !== id) this.#host.send(voter, request);
  }

  /** Counts a vote for the running campaign; the quorum-th one turns it into the next step. */
  #count(id: NodeId, disk: string): void {
    const campaign = this.#campaign;
    if (campaign?.grant({ id, disk }) !== true) return;
    if (campaign.stage === "pre-vote") this.#campaignForReal(campaign);
    else this.#win(campaign);
  }

  #campaignForReal({ term, transfer }: Campaign): void {
    const { id, log, observer } = this.#host;
    this.#state.setTerm(term, id);
    const campaign = new Campaign({ stage: "vote", term, transfer, policy: this.#host.policy() });
    this.#campaign = campaign;
    this.#setRole("candidate");
    this.arm();
    // Our own vote is a vote like any other: nobody hears of it before it is durable.
    log.whenDurable(() => {
      if (this.#state.term !== term || this.#state.role !== "candidate") return;
      observer.point("raft.vote", { term, candidate: id });
      this.#ask("raft.vote", campaign);
      this.#count(id, this.#host.disk());
    });
  }

  #win(campaign: Campaign): void {
    this.#campaign = undefined;
    this.#timer.cancel();
    this.#host.becomeLeader(campaign.grantedBy());
  }

  /** §9.6 and leader stickiness: whether this node may help to replace the present leader at all, unless that leader wants it. */
  #refuses(isWanted = false): boolean {
    const state = this.#state;
    if (this.#now() < this.#graceUntilMs || this.#host.hasLease()) return true;
    return !isWanted && !state.isLeader && state.hearsLeader;
  }

  /** Thesis §3.10: the leader of this term hands over. The order holds once, for the term after its own. */
  onTimeoutNow(from: NodeId, { term, transfer }: TimeoutNow): void {
    const state = this.#state;
    if (term !== state.term || state.role !== "follower" || state.leader !== from) return;
    if (transfer <= state.revoked || !this.#mayCampaign()) return;
    // With a pre-vote all the same: an order that comes late, and was taken back, must not raise the term.
    this.arm();
    this.#askWhether(transfer);
  }

  /** Whether a candidate campaigns by an order of the leader before it, which has not taken it back. */
  #isWanted({ term, transfer }: PreVote | Vote): boolean {
    const state = this.#state;
    if (transfer === undefined || term <= state.term) return false;
    return term > state.term + 1 || transfer > state.revoked;
  }

  onPreVote(from: NodeId, request: PreVote): void {
    const { term, lastIndex, lastTerm } = request;
    const state = this.#state;
    const isFree = term > state.term && !this.#refuses(this.#isWanted(request));
    const granted = isFree && this.#host.log.isUpToDate(lastTerm, lastIndex);
    const disk = this.#host.disk();
    const reply = { type: "raft.pre-vote-reply", term: state.term, asked: term, granted };
    this.#host.send(from, disk === "" ? reply : { ...reply, disk });
  }

  onVote(from: NodeId, request: Vote): void {
    const { term, lastIndex, lastTerm } = request;
    const { log, observer } = this.#host;
    const state = this.#state;
    // A request that is refused for the sake of a live leader does not even raise the term, or a rejoining node would depose it.
    if (term < state.term || this.#refuses(this.#isWanted(request))) {
      this.#host.reply(from, { type: "raft.vote-reply", term: state.term, granted: false });
      return;
    }
    this.#host.adoptHigher(term);
    const isFree = state.votedFor === "" || state.votedFor === from;
    const granted = isFree && !state.isLeader && log.isUpToDate(lastTerm, lastIndex);
    if (granted && state.votedFor === "") {
      state.setTerm(term, from);
      this.arm();
      log.whenDurable(() => {
        observer.point("raft.vote", { term, candidate: from });
      });
    }
    this.#host.reply(from, { type: "raft.vote-reply", term, granted });
  }

  onVoteReply(from: NodeId, reply: PreVoteReply | VoteReply): void {
    if (this.#host.adoptHigher(reply.term)) return;
    const campaign = this.#campaign;
    if (campaign === undefined || !reply.granted) return;
    const isPreVote = reply.type === "raft.pre-vote-reply";
    if (isPreVote !== (campaign.stage === "pre-vote") || (isPreVote ? reply.asked : reply.term) !== campaign.term)
      return;
    this.#count(from, reply.disk ?? "");
  }

  #setRole(role: RaftRole): void {
    this.#state.role = role;
    if (role === "follower") this.#campaign = undefined;
    this.#state.observeRole();
  }

  #now(): number {
    return this.#host.clock.monotonic();
  }
}
