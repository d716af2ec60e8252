import type { Clock } from "../../ports/clock.ts";
import type { Disk } from "../../ports/disk.ts";
import type { NodeId } from "../../ports/node.ts";
import type { Observer } from "../../ports/observer.ts";
import type { Random } from "../../ports/random.ts";
import type { Timers } from "../../ports/timers.ts";
import type { Message, Plain } from "../../ports/transport.ts";
import { Election, type ElectionHost } from "./election.ts";
import { Leadership, type Command, type LeadershipHost, type ProposalOutcome } from "./leadership.ts";
import { MemberState, type RaftRole } from "./member-state.ts";
import { raftConfig, votersOf, type RaftConfig } from "./raft-config.ts";
import type { LogEntry } from "./raft-log.ts";
import type { Append, Heartbeat, RaftMessage } from "./raft-messages.ts";
import { ReplicatedLog, type Applied } from "./replicated-log.ts";

export type { RaftRole } from "./member-state.ts";

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
  readonly #state: MemberState;
  readonly #election: Election;
  readonly #host: LeadershipHost;
  #leadership: Leadership | undefined;
  /** Term in which an append of its leader last fitted this log; −1 for none. */
  #agreedTerm = -1;
  #leaderCommit = 0;
  #isOpen = false;

  constructor(options: RaftOptions) {
    this.#options = options;
    this.id = options.id;
    this.config = raftConfig(options.config);
    this.voters = votersOf(options.id, options.peers);
    this.#log = new ReplicatedLog({
      disk: options.disk,
      clock: options.clock,
      timers: options.timers,
      observer: options.observer,
      apply: (entry) => options.apply(entry),
      onApplied: (entry, result) => {
        this.#onApplied(entry, result);
      },
    });
    this.#state = new MemberState({ ...options, log: this.#log, electionTimeoutMs: this.config.electionTimeoutMs });
    this.#election = new Election(this.#electionHost());
    this.#host = this.#leadershipHost();
  }

  /** Reads the stored state and takes part from then on. Messages that arrive before are lost. */
  async open(): Promise<void> {
    const stored = await this.#log.load();
    this.#state.restore(stored.term, stored.votedFor);
    const isRestart = this.#options.incarnation > 1 || !stored.isNew;
    this.#isOpen = true;
    if (isRestart)
      this.#options.observer.point("raft.recover", { index: this.#log.lastIndex, term: this.#log.lastTerm });
    this.#state.observeRole();
    this.#election.open(isRestart);
  }

  get role(): RaftRole {
    return this.#state.role;
  }
  get term(): number {
    return this.#state.term;
  }
  /** The leader this node follows (itself, when it leads); `""` when it knows none. */
  get leader(): string {
    return this.#state.leader;
  }
  get isLeader(): boolean {
    return this.#state.role === "leader";
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
  /** Whether what the log is to take does not fit on the disk. It waits there, and this node says nothing that rests on it. */
  get isDiskFull(): boolean {
    return this.#log.isDiskFull;
  }
  /** Whether this node's log was found to agree with its present leader's, and is applied as far as that leader has committed. */
  get isCaughtUp(): boolean {
    if (this.isLeader) return this.isReady;
    return this.hearsLeader && this.#agreedTerm === this.#state.term && this.#log.appliedIndex >= this.#leaderCommit;
  }
  /** Whether a leader was heard within the minimum election timeout (this node itself counts when it leads). */
  get hearsLeader(): boolean {
    return this.#state.hearsLeader;
  }

  /** Appends a command to the log, if this node leads. `done` is called once. */
  propose(command: Command, done: (outcome: ProposalOutcome) => void): void {
    if (this.#leadership === undefined) done({ status: "refused", leader: this.#state.leader });
    else this.#leadership.propose(command, done);
  }

  /** Steps down, drops the lease and does not campaign for 2·ET. Nothing happens on a node that does not lead. */
  demote(reason: string): void {
    if (!this.isLeader) return;
    this.holdDown(2 * this.config.electionTimeoutMs);
    this.#becomeFollower(this.#state.term, "");
    this.#options.observer.point("raft.step-down", { term: this.#state.term, reason });
  }

  /** Does not campaign for the next `durationMs`; never shortens a longer hold-down. */
  holdDown(durationMs: number): void {
    this.#election.holdDown(durationMs);
  }

  /** Starts a campaign unless there is a leader, a hold-down or a running one. Never forced: the others refuse while they hear a leader. */
  requestElection(): void {
    if (this.#isOpen) this.#election.request();
  }

  /** Takes a message of the group. */
  receive(from: NodeId, raw: Message): void {
    if (!this.#isOpen || !this.voters.includes(from)) return;
    const message = raw as RaftMessage;
    switch (message.type) {
      case "raft.pre-vote":
        this.#election.onPreVote(from, message);
        return;
      case "raft.vote":
        this.#election.onVote(from, message);
        return;
      case "raft.pre-vote-reply":
      case "raft.vote-reply":
        this.#election.onVoteReply(from, message);
        return;
      case "raft.heartbeat":
        this.#onHeartbeat(from, message);
        return;
      case "raft.append":
        this.#onAppend(from, message);
        return;
      case "raft.heartbeat-reply":
        if (!this.#adoptHigher(message.term) && message.term === this.#state.term)
          this.#leadership?.onHeartbeatReply(from, message.sentAtMs);
        return;
      case "raft.append-reply":
        if (!this.#adoptHigher(message.term) && message.term === this.#state.term)
          this.#leadership?.onAppendReply(from, message);
    }
  }

  // ---- following ------------------------------------------------------------------------------------------------

  /** Follows `from` if its term allows. @returns false when the sender is of an old term, after telling it so. */
  #follow(from: NodeId, term: number): boolean {
    if (term < this.#state.term) return false;
    if (term > this.#state.term || this.#state.role !== "follower" || this.#state.leader !== from)
      this.#becomeFollower(term, from);
    this.#state.leaderHeardMs = this.#options.clock.monotonic();
    this.#election.arm();
    return true;
  }

  #onHeartbeat(from: NodeId, { term, commit, leaderCommit, sentAtMs }: Heartbeat): void {
    if (this.#follow(from, term)) {
      this.#leaderCommit = leaderCommit;
      this.#commitTo(commit < this.#log.lastIndex ? commit : this.#log.lastIndex);
    }
    this.#reply(from, { type: "raft.heartbeat-reply", term: this.#state.term, sentAtMs });
  }

  #onAppend(from: NodeId, message: Append): void {
    const { term, prevIndex, prevTerm, sentAtMs } = message;
    if (!this.#follow(from, term)) {
      this.#reply(from, {
        type: "raft.append-reply",
        term: this.#state.term,
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
    const term = this.#state.term;
    if (this.#log.isDurable) {
      this.#options.send(to, message);
      return;
    }
    // A heartbeat's answer rests on the term alone: entries under way to the disk do not delay it, a new term does.
    if (message.type === "raft.heartbeat-reply" && this.#state.durableTerm === term) {
      this.#options.send(to, message);
      return;
    }
    this.#log.whenDurable(() => {
      if (this.#state.term === term) this.#options.send(to, message);
    });
  }

  // ---- state ----------------------------------------------------------------------------------------------------

  /** Adopts a higher term as a follower of nobody. @returns whether it was higher. */
  #adoptHigher(term: number): boolean {
    if (term <= this.#state.term) return false;
    this.#becomeFollower(term, "");
    return true;
  }

  #becomeFollower(term: number, leader: string): void {
    // A step-down within a term keeps the vote of that term (CCF #8094).
    if (term > this.#state.term) this.#state.setTerm(term, "");
    const wasLeader = this.isLeader;
    this.#election.abandon();
    this.#state.leader = leader;
    this.#state.role = "follower";
    const leadership = this.#leadership;
    this.#leadership = undefined;
    leadership?.close();
    this.#state.observeRole();
    if (wasLeader || leader === "") this.#election.arm();
    if (wasLeader) this.#options.onRoleChange?.("follower");
  }

  #becomeLeader(votes: readonly NodeId[]): void {
    this.#state.leader = this.id;
    const leadership = new Leadership(this.#host, this.#state.term);
    this.#leadership = leadership;
    this.#state.role = "leader";
    this.#options.observer.state("role", "leader", { term: this.#state.term, leader: this.id, votes: votes.join(",") });
    leadership.start();
    this.#options.onRoleChange?.("leader");
  }

  #commitTo(index: number): void {
    this.#log.commitTo(index, this.#state.term);
  }

  #onApplied(entry: LogEntry, result: Plain): void {
    this.#leadership?.onApplied(entry, result);
    if (entry.type === "noop" && entry.term === this.#state.term && this.isLeader)
      this.#options.onReady?.(this.#state.term);
  }

  #electionHost(): ElectionHost {
    const { id, clock, timers, random, observer } = this.#options;
    return {
      ...{ id, clock, timers, random, observer },
      config: this.config,
      voters: this.voters,
      log: this.#log,
      state: this.#state,
      hasLease: () => this.hasLease,
      mayCampaign: () => this.#options.mayCampaign?.() !== false,
      send: (to, message) => {
        this.#options.send(to, message);
      },
      reply: (to, message) => {
        this.#reply(to, message);
      },
      adoptHigher: (term) => this.#adoptHigher(term),
      becomeLeader: (votes) => {
        this.#becomeLeader(votes);
      },
    };
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
        this.#becomeFollower(this.#state.term, "");
        observer.point("raft.step-down", { term: this.#state.term, reason });
      },
      onLeaseChange: (isValid) => {
        this.#options.onLeaseChange?.(isValid);
      },
    };
  }
}
