import type { Clock } from "../../ports/clock.ts";
import type { Disk } from "../../ports/disk.ts";
import { assert } from "../../ports/errors.ts";
import type { NodeId } from "../../ports/node.ts";
import type { Observer } from "../../ports/observer.ts";
import type { Random } from "../../ports/random.ts";
import type { Timer, Timers } from "../../ports/timers.ts";
import type { Message, Plain } from "../../ports/transport.ts";
import { Campaign } from "./campaign.ts";
import { Leadership, type Command, type LeadershipHost, type ProposalOutcome } from "./leadership.ts";
import { raftConfig, votersOf, type RaftConfig } from "./raft-config.ts";
import type { LogEntry } from "./raft-log.ts";
import type { Append, Heartbeat, PreVote, PreVoteReply, RaftMessage, Vote, VoteReply } from "./raft-messages.ts";
import { ReplicatedLog, type Applied } from "./replicated-log.ts";

export type RaftRole = "follower" | "pre-candidate" | "candidate" | "leader";

/** What a Raft node needs of its surroundings. */
export interface RaftOptions {
  readonly id: NodeId;
  readonly peers: readonly NodeId[];
  /** 1 for a first start. */
  readonly incarnation: number;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly disk: Disk;
  readonly observer: Observer;
  readonly config?: Partial<RaftConfig>;
  send(to: NodeId, message: Message): void;
  /** Applies a committed command to the state machine, once, in order. `hasEffect` is false for a repeated one. */
  apply(entry: LogEntry): Applied;
  /** Whether this node may campaign now: not while it is unhealthy or in hold-down. Default: always. */
  mayCampaign?(): boolean;
  onRoleChange?(role: RaftRole): void;
  onLeaseChange?(isValid: boolean): void;
  /** The no-op of this node's leadership is applied: from here on it may serve. */
  onReady?(term: number): void;
}

/**
 * One member of a Raft group: election with pre-vote and check-quorum, a leader lease, and replication of a log.
 *
 * Everything another member may rely on (term, vote, entries) is durable before the reply that says so leaves this node.
 *
 * @see Ongaro & Ousterhout 2014 (Raft); Ongaro 2014 (thesis: §6.4 lease, §9.6 pre-vote). Checked by the checkers of I01–I08.
 */
export class RaftNode {
  readonly id: NodeId;
  readonly config: RaftConfig;
  readonly voters: readonly NodeId[];
  readonly #options: RaftOptions;
  readonly #log: ReplicatedLog;
  readonly #election: Timer;
  readonly #host: LeadershipHost;
  #role: RaftRole = "follower";
  #term = 0;
  #votedFor = "";
  /** The term up to which this node's promises are on the disk. */
  #durableTerm = 0;
  #leader = "";
  #campaign: Campaign | undefined;
  #leadership: Leadership | undefined;
  /** When the present leader was last heard; −1 for never. */
  #leaderHeardMs = -1;
  /** Term in which an append of its leader last fitted this log; −1 for none. */
  #agreedTerm = -1;
  #leaderCommit = 0;
  #electionDueMs = 0;
  /** No vote and no campaign before: a restarted voter forgot what it promised to a lease. */
  #graceUntilMs = 0;
  #holdDownUntilMs = 0;
  #isOpen = false;

  constructor(options: RaftOptions) {
    this.#options = options;
    this.id = options.id;
    this.config = raftConfig(options.config);
    this.voters = votersOf(options.id, options.peers);
    this.#log = new ReplicatedLog({
      disk: options.disk,
      clock: options.clock,
      observer: options.observer,
      apply: (entry) => options.apply(entry),
      onApplied: (entry, result) => {
        this.#onApplied(entry, result);
      },
    });
    this.#election = options.timers.create("election", () => {
      this.#onElectionTimeout();
    });
    this.#host = this.#leadershipHost();
  }

  /** Reads the stored state and takes part from then on. Messages that arrive before are lost. */
  async open(): Promise<void> {
    const stored = await this.#log.load();
    this.#term = stored.term;
    this.#votedFor = stored.votedFor;
    this.#log.whenDurable(() => {
      this.#durableTerm = stored.term;
    });
    const { electionTimeoutMs, rhoPpm } = this.config;
    const isRestart = this.#options.incarnation > 1 || !stored.isNew;
    const graceMs = isRestart ? electionTimeoutMs + Math.ceil((electionTimeoutMs * rhoPpm) / 1_000_000) : 0;
    this.#graceUntilMs = this.#now() + graceMs;
    this.#isOpen = true;
    if (isRestart)
      this.#options.observer.point("raft.recover", { index: this.#log.lastIndex, term: this.#log.lastTerm });
    this.#observeRole();
    this.#armElection(graceMs);
  }

  get role(): RaftRole {
    return this.#role;
  }
  get term(): number {
    return this.#term;
  }
  /** The leader this node follows (itself, when it leads); `""` when it knows none. */
  get leader(): string {
    return this.#leader;
  }
  get isLeader(): boolean {
    return this.#role === "leader";
  }
  /** Leader with a live lease and its no-op committed: alone in this, cluster-wide, while clock rates are within rho. */
  get hasLease(): boolean {
    return this.#leadership?.hasLease === true;
  }
  /** Leader whom a quorum has acknowledged within one lease, ready to serve or not. */
  get isQuorumAcked(): boolean {
    return this.#leadership?.isQuorumAcked === true;
  }
  get isReady(): boolean {
    return this.#leadership?.isReady === true;
  }
  get commitIndex(): number {
    return this.#log.commitIndex;
  }
  get appliedIndex(): number {
    return this.#log.appliedIndex;
  }
  get lastIndex(): number {
    return this.#log.lastIndex;
  }
  /** How long the last write to the log took, or the present one takes already. */
  get diskWriteMs(): number {
    return this.#log.writeMs;
  }
  /** Whether this node's log was found to agree with its present leader's, and is applied as far as that leader has committed. */
  get isCaughtUp(): boolean {
    if (this.isLeader) return this.isReady;
    return this.hearsLeader && this.#agreedTerm === this.#term && this.#log.appliedIndex >= this.#leaderCommit;
  }
  /** Whether a leader was heard within the minimum election timeout (this node itself counts when it leads). */
  get hearsLeader(): boolean {
    if (this.isLeader) return true;
    return this.#leader !== "" && this.#now() - this.#leaderHeardMs < this.config.electionTimeoutMs;
  }

  /** Appends a command to the log, if this node leads. `done` is called once. */
  propose(command: Command, done: (outcome: ProposalOutcome) => void): void {
    if (this.#leadership === undefined) done({ status: "refused", leader: this.#leader });
    else this.#leadership.propose(command, done);
  }

  /** Steps down, drops the lease and does not campaign for 2·ET. Nothing happens on a node that does not lead. */
  demote(reason: string): void {
    if (!this.isLeader) return;
    this.holdDown(2 * this.config.electionTimeoutMs);
    this.#becomeFollower(this.#term, "");
    this.#options.observer.point("raft.step-down", { term: this.#term, reason });
  }

  /** Does not campaign for the next `durationMs`; never shortens a longer hold-down. */
  holdDown(durationMs: number): void {
    const until = this.#now() + durationMs;
    if (until > this.#holdDownUntilMs) this.#holdDownUntilMs = until;
  }

  /** Starts a campaign unless there is a leader, a hold-down or a running one. Never forced: the others refuse while they hear a leader. */
  requestElection(): void {
    if (!this.#isOpen || this.#role !== "follower" || this.hearsLeader) return;
    this.#electionDueMs = this.#now();
    this.#onElectionTimeout();
  }

  /** Takes a message of the group. */
  receive(from: NodeId, raw: Message): void {
    if (!this.#isOpen || !this.voters.includes(from)) return;
    const message = raw as RaftMessage;
    switch (message.type) {
      case "raft.pre-vote":
        this.#onPreVote(from, message);
        return;
      case "raft.vote":
        this.#onVote(from, message);
        return;
      case "raft.pre-vote-reply":
      case "raft.vote-reply":
        this.#onVoteReply(from, message);
        return;
      case "raft.heartbeat":
        this.#onHeartbeat(from, message);
        return;
      case "raft.append":
        this.#onAppend(from, message);
        return;
      case "raft.heartbeat-reply":
        if (!this.#adoptHigher(message.term) && message.term === this.#term)
          this.#leadership?.onHeartbeatReply(from, message.sentAtMs);
        return;
      case "raft.append-reply":
        if (!this.#adoptHigher(message.term) && message.term === this.#term)
          this.#leadership?.onAppendReply(from, message);
    }
  }

  // ---- election -------------------------------------------------------------------------------------------------

  #armElection(extraMs = 0): void {
    const { electionTimeoutMs } = this.config;
    const delayMs = extraMs + this.#options.random.integer(electionTimeoutMs, 2 * electionTimeoutMs - 1);
    this.#electionDueMs = this.#now() + delayMs;
    this.#election.arm(delayMs);
  }

  #onElectionTimeout(): void {
    if (this.isLeader) return;
    const now = this.#now();
    const lateMs = now - this.#electionDueMs;
    this.#armElection();
    // A timer this late means that this process was paused: it has to hear the others first (restate #5156).
    if (lateMs > 2 * this.config.heartbeatMs) return;
    if (now < this.#graceUntilMs || now < this.#holdDownUntilMs || this.#options.mayCampaign?.() === false) {
      if (this.#role !== "follower") this.#setRole("follower");
      this.#leader = this.hearsLeader ? this.#leader : "";
      this.#observeRole();
      return;
    }
    this.#leader = "";
    this.#campaign = new Campaign("pre-vote", this.#term + 1, this.voters);
    this.#setRole("pre-candidate");
    this.#ask("raft.pre-vote", this.#term + 1);
    this.#count(this.id);
  }

  #ask(type: "raft.pre-vote" | "raft.vote", term: number): void {
    for (const peer of this.#options.peers)
      this.#options.send(peer, { type, term, lastIndex: this.#log.lastIndex, lastTerm: this.#log.lastTerm });
  }

  /** Counts a vote for the running campaign; the quorum-th one turns it into the next step. */
  #count(voter: NodeId): void {
    const campaign = this.#campaign;
    if (campaign?.grant(voter) !== true) return;
    if (campaign.stage === "pre-vote") this.#campaignForReal(campaign.term);
    else this.#becomeLeader(campaign);
  }

  #campaignForReal(term: number): void {
    this.#setTerm(term, this.id);
    this.#campaign = new Campaign("vote", term, this.voters);
    this.#setRole("candidate");
    this.#armElection();
    // Our own vote is a vote like any other: nobody hears of it before it is durable.
    this.#log.whenDurable(() => {
      if (this.#term !== term || this.#role !== "candidate") return;
      this.#options.observer.point("raft.vote", { term, candidate: this.id });
      this.#ask("raft.vote", term);
      this.#count(this.id);
    });
  }

  #becomeLeader(campaign: Campaign): void {
    this.#campaign = undefined;
    this.#leader = this.id;
    this.#election.cancel();
    const leadership = new Leadership(this.#host, this.#term);
    this.#leadership = leadership;
    this.#role = "leader";
    this.#options.observer.state("role", "leader", {
      term: this.#term,
      leader: this.id,
      votes: campaign.grantedBy().join(","),
    });
    leadership.start();
    this.#options.onRoleChange?.("leader");
  }

  /** §9.6 and leader stickiness: whether this node may help to replace the present leader at all. */
  #refusesElections(): boolean {
    const now = this.#now();
    return now < this.#graceUntilMs || this.hasLease || (!this.isLeader && this.hearsLeader);
  }

  #onPreVote(from: NodeId, { term, lastIndex, lastTerm }: PreVote): void {
    const granted = term > this.#term && !this.#refusesElections() && this.#log.isUpToDate(lastTerm, lastIndex);
    this.#options.send(from, { type: "raft.pre-vote-reply", term: this.#term, asked: term, granted });
  }

  #onVote(from: NodeId, { term, lastIndex, lastTerm }: Vote): void {
    // A request that is refused for the sake of a live leader does not even raise the term, or a rejoining node would depose it.
    if (term < this.#term || this.#refusesElections()) {
      this.#reply(from, { type: "raft.vote-reply", term: this.#term, granted: false });
      return;
    }
    this.#adoptHigher(term);
    const granted =
      (this.#votedFor === "" || this.#votedFor === from) && !this.isLeader && this.#log.isUpToDate(lastTerm, lastIndex);
    if (granted && this.#votedFor === "") {
      this.#setTerm(term, from);
      this.#armElection();
      this.#log.whenDurable(() => {
        this.#options.observer.point("raft.vote", { term, candidate: from });
      });
    }
    this.#reply(from, { type: "raft.vote-reply", term, granted });
  }

  #onVoteReply(from: NodeId, reply: PreVoteReply | VoteReply): void {
    if (this.#adoptHigher(reply.term)) return;
    const campaign = this.#campaign;
    if (campaign === undefined || !reply.granted) return;
    const isPreVote = reply.type === "raft.pre-vote-reply";
    if (isPreVote !== (campaign.stage === "pre-vote") || (isPreVote ? reply.asked : reply.term) !== campaign.term)
      return;
    this.#count(from);
  }

  // ---- following ------------------------------------------------------------------------------------------------

  /** Follows `from` if its term allows. @returns false when the sender is of an old term, after telling it so. */
  #follow(from: NodeId, term: number): boolean {
    if (term < this.#term) return false;
    if (term > this.#term || this.#role !== "follower" || this.#leader !== from) this.#becomeFollower(term, from);
    this.#leaderHeardMs = this.#now();
    this.#armElection();
    return true;
  }

  #onHeartbeat(from: NodeId, { term, commit, leaderCommit, sentAtMs }: Heartbeat): void {
    if (this.#follow(from, term)) {
      this.#leaderCommit = leaderCommit;
      this.#commitTo(commit < this.#log.lastIndex ? commit : this.#log.lastIndex);
    }
    this.#reply(from, { type: "raft.heartbeat-reply", term: this.#term, sentAtMs });
  }

  #onAppend(from: NodeId, message: Append): void {
    const { term, prevIndex, prevTerm, sentAtMs } = message;
    if (!this.#follow(from, term)) {
      this.#reply(from, {
        type: "raft.append-reply",
        term: this.#term,
        success: false,
        matchIndex: 0,
        hintIndex: 0,
        hintTerm: 0,
        sentAtMs,
      });
      return;
    }
    if (this.#log.termAt(prevIndex) !== prevTerm) {
      const last = this.#log.lastIndex;
      const hintIndex = this.#log.lastIndexNotAfter(prevTerm, prevIndex < last ? prevIndex : last);
      const hintTerm = this.#log.termAt(hintIndex);
      this.#reply(from, {
        type: "raft.append-reply",
        term,
        success: false,
        matchIndex: 0,
        hintIndex,
        hintTerm,
        sentAtMs,
      });
      return;
    }
    const matchIndex = prevIndex + message.entries.length;
    this.#log.merge(message.entries);
    this.#agreedTerm = term;
    if (message.commit > this.#leaderCommit) this.#leaderCommit = message.commit;
    this.#commitTo(message.commit < matchIndex ? message.commit : matchIndex);
    this.#reply(from, {
      type: "raft.append-reply",
      term,
      success: true,
      matchIndex,
      hintIndex: 0,
      hintTerm: 0,
      sentAtMs,
    });
  }

  /** Answers once everything the answer rests on is durable; an answer of a term that has passed meanwhile is not sent. */
  #reply(to: NodeId, message: RaftMessage): void {
    const term = this.#term;
    if (this.#log.isDurable) {
      this.#options.send(to, message);
      return;
    }
    // A heartbeat's answer rests on the term alone: entries under way to the disk do not delay it, a new term does.
    if (message.type === "raft.heartbeat-reply" && this.#durableTerm === term) {
      this.#options.send(to, message);
      return;
    }
    this.#log.whenDurable(() => {
      if (this.#term === term) this.#options.send(to, message);
    });
  }

  // ---- state ----------------------------------------------------------------------------------------------------

  /** Adopts a higher term as a follower of nobody. @returns whether it was higher. */
  #adoptHigher(term: number): boolean {
    if (term <= this.#term) return false;
    this.#becomeFollower(term, "");
    return true;
  }

  #setTerm(term: number, votedFor: string): void {
    assert(term >= this.#term, "terms only grow", { term, current: this.#term });
    this.#term = term;
    this.#votedFor = votedFor;
    this.#log.saveVote(term, votedFor);
    this.#log.whenDurable(() => {
      this.#durableTerm = term;
    });
  }

  #becomeFollower(term: number, leader: string): void {
    // A step-down within a term keeps the vote of that term (CCF #8094).
    if (term > this.#term) this.#setTerm(term, "");
    const wasLeader = this.isLeader;
    this.#campaign = undefined;
    this.#leader = leader;
    this.#role = "follower";
    const leadership = this.#leadership;
    this.#leadership = undefined;
    leadership?.close();
    this.#observeRole();
    if (wasLeader || leader === "") this.#armElection();
    if (wasLeader) this.#options.onRoleChange?.("follower");
  }

  #setRole(role: RaftRole): void {
    this.#role = role;
    if (role === "follower") this.#campaign = undefined;
    this.#observeRole();
  }

  #observeRole(): void {
    if (this.isLeader) return;
    this.#options.observer.state("role", this.#role, { term: this.#term, leader: this.#leader });
  }

  #commitTo(index: number): void {
    this.#log.commitTo(index, this.#term);
  }

  #onApplied(entry: LogEntry, result: Plain): void {
    this.#leadership?.onApplied(entry, result);
    if (entry.type === "noop" && entry.term === this.#term && this.isLeader) this.#options.onReady?.(this.#term);
  }

  #now(): number {
    return this.#options.clock.monotonic();
  }

  #leadershipHost(): LeadershipHost {
    const { id, peers, clock, timers, observer } = this.#options;
    return {
      id,
      peers,
      clock,
      timers,
      observer,
      config: this.config,
      log: this.#log,
      send: (to, message) => {
        this.#options.send(to, message);
      },
      stepDown: (reason) => {
        this.#becomeFollower(this.#term, "");
        observer.point("raft.step-down", { term: this.#term, reason });
      },
      onLeaseChange: (isValid) => {
        this.#options.onLeaseChange?.(isValid);
      },
    };
  }
}
