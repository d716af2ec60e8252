import type { Clock } from "../../ports/clock.ts";
import type { Disk } from "../../ports/disk.ts";
import type { NodeId } from "../../ports/node.ts";
import type { Observer } from "../../ports/observer.ts";
import type { Random } from "../../ports/random.ts";
import type { Timers } from "../../ports/timers.ts";
import type { Message, Plain } from "../../ports/transport.ts";
import { Election, type ElectionHost } from "./election.ts";
import type { LeadershipHost } from "./leadership-host.ts";
import { Leadership, type Command, type ProposalOutcome } from "./leadership.ts";
import { Following, type FollowingHost } from "./following.ts";
import {
  findMember,
  foundingConfig,
  policyOf,
  type FoundingGroup,
  type GroupChange,
  type GroupConfig,
} from "./group-config.ts";
import { MemberState, type RaftRole } from "./member-state.ts";
import { isQuorum, type QuorumPolicy } from "./quorum-policy.ts";
import { raftConfig, type RaftConfig } from "./raft-config.ts";
import type { LogEntry } from "./raft-log.ts";
import type { RaftMessage } from "./raft-messages.ts";
import type { ChangeOutcome } from "./reconfiguration.ts";
import { ReplicatedLog } from "./replicated-log.ts";
import type { StateMachinePort } from "./state-machine-port.ts";
import type { TransferOutcome } from "./transfer.ts";

export type { RaftRole } from "./member-state.ts";

/** What a Raft node needs of its surroundings. */
export interface RaftOptions extends StateMachinePort {
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
  /** The group as it is founded, the same at every founder. Default: this node and its peers, voters of equal weight. */
  readonly group?: FoundingGroup;
  send(to: NodeId, message: Message): void;
  /** Whether this node may campaign now: not while it is unhealthy or in hold-down. Default: always. */
  mayCampaign?(): boolean;
  /** Whether leadership may be given to a peer, when nobody says to whom: not to one that is known to be unhealthy. Default: always. */
  isTransferTarget?(peer: NodeId): boolean;
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
  readonly #options: RaftOptions;
  readonly #send: RaftOptions["send"];
  readonly #log: ReplicatedLog;
  readonly #state: MemberState;
  readonly #election: Election;
  readonly #following: Following;
  readonly #host: LeadershipHost;
  #leadership: Leadership | undefined;
  #policy: QuorumPolicy;
  /** Name of the disk this node's promises are on. */
  #disk = "";
  #isOpen = false;

  constructor(options: RaftOptions) {
    this.#options = options;
    this.#send = options.send.bind(options);
    this.id = options.id;
    this.config = raftConfig(options.config);
    const founding = foundingConfig([options.id, ...options.peers], options.group);
    this.#policy = policyOf(founding);
    this.#log = new ReplicatedLog({
      id: options.id,
      disk: options.disk,
      clock: options.clock,
      timers: options.timers,
      observer: options.observer,
      founding,
      onConfig: (config) => {
        this.#policy = policyOf(config);
        this.#leadership?.onConfig();
      },
      ...stateMachineOf(options),
      snapshotEntries: this.config.snapshotEntries,
      onApplied: (entry, result) => {
        this.#onApplied(entry, result);
      },
    });
    this.#state = new MemberState({
      clock: options.clock,
      observer: options.observer,
      log: this.#log,
      electionTimeoutMs: this.config.electionTimeoutMs,
    });
    this.#election = new Election(this.#electionHost());
    this.#following = new Following(this.#followingHost());
    this.#host = this.#leadershipHost();
  }

  /** Reads the stored state and takes part from then on. Messages that arrive before are lost. */
  async open(): Promise<void> {
    // A member that ran before and finds nothing has forgotten its promises: it is somebody else of the same name.
    const stored = await this.#log.load(() => (this.#options.incarnation > 1 ? this.#drawDisk() : ""));
    this.#disk = stored.disk;
    this.#state.restore(stored.term, stored.votedFor);
    const isRestart = this.#options.incarnation > 1 || !stored.isNew;
    this.#isOpen = true;
    if (isRestart)
      this.#options.observer.point("raft.recover", { index: this.#log.lastIndex, term: this.#log.lastTerm });
    if (this.#log.configIndex > 0) this.#log.observeConfig();
    this.#state.observeRole();
    this.#election.open(isRestart);
  }

  /** Who counts, this node included when it does; while the group changes, those of both sides. */
  get voters(): readonly NodeId[] {
    return [...new Set(this.#policy.voters.map(({ id }) => id))];
  }
  /** Whether the voters of whom `has` is true are a quorum. */
  isQuorum(has: (id: NodeId) => boolean): boolean {
    return isQuorum(this.#policy, ({ id }) => has(id));
  }
  /** The configuration in force. */
  get group(): GroupConfig {
    return this.#log.config;
  }
  /** Whether leadership is being handed over by this node. */
  get isTransferring(): boolean {
    return this.#leadership?.isTransferring === true;
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
    return this.isLeader ? this.isReady : this.#following.isCaughtUp;
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

  /** Resolves when everything saved so far is durable. */
  flush(): Promise<void> {
    return new Promise((resolve) => {
      this.#log.whenDurable(resolve);
    });
  }

  /**
   * Asks whether this node still leads, by a round to a quorum that begins after the call: a read of what is applied then is not
   * stale, whatever clocks do.
   *
   * @param done  Called once; false when it does not lead, or was not confirmed before its leadership ended.
   * @see Ongaro 2014 (thesis) §6.4.
   */
  readIndex(done: (isConfirmed: boolean) => void): void {
    if (this.#leadership === undefined) done(false);
    else this.#leadership.readIndex(done);
  }

  /**
   * Hands leadership to another voter: drops the lease, refuses proposals, waits until that voter has everything, and tells it to
   * campaign. Given up after ET; the lease is then earned anew.
   *
   * @param target  Default: the voter whose log is furthest. Refused when it is no voter that may lead, or does not answer.
   */
  transferTo(target?: NodeId, done: (outcome: TransferOutcome) => void = () => undefined): void {
    if (this.#leadership === undefined) done("refused");
    else this.#leadership.transferTo(target, done);
  }

  /** Changes who belongs to the group, if this node leads with a lease and no other change is under way. */
  reconfigure(change: GroupChange, done: (outcome: ChangeOutcome) => void = () => undefined): void {
    if (this.#leadership === undefined) done({ status: "refused", reason: "this node does not lead" });
    else this.#leadership.reconfigure(change, done);
  }

  /** Hands leadership over, and steps down as {@link demote} does only if nobody takes it within ET. */
  handOver(reason: string): void {
    const { term } = this;
    if (!this.isLeader || this.isTransferring) return;
    this.transferTo(undefined, (outcome) => {
      if ((outcome === "aborted" || outcome === "refused") && this.term === term) this.demote(reason);
    });
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
    if (!this.#isOpen) return;
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
        this.#following.onHeartbeat(from, message);
        return;
      case "raft.append":
        this.#following.onAppend(from, message);
        return;
      case "raft.heartbeat-reply":
        if (!this.#adoptHigher(message.term) && message.term === this.#state.term)
          this.#leadership?.onHeartbeatReply(from, message);
        return;
      case "raft.append-reply":
        if (!this.#adoptHigher(message.term) && message.term === this.#state.term)
          this.#leadership?.onAppendReply(from, message);
        return;
      case "raft.install":
        this.#following.onInstall(from, message);
        return;
      case "raft.install-reply":
        if (!this.#adoptHigher(message.term) && message.term === this.#state.term)
          this.#leadership?.onInstallReply(from, message);
        return;
      case "raft.timeout-now":
        this.#election.onTimeoutNow(from, message);
    }
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

  /** Whether this very node, with what its disk remembers, is a voter that may lead, and its log holds what it says. */
  #mayLead(): boolean {
    return findMember(this.#log.config, { id: this.id, disk: this.#disk })?.kind === "voter" && !this.#log.hasMarks;
  }

  #drawDisk(): string {
    return this.#options.random.uint32().toString(16).padStart(8, "0");
  }

  #onApplied(entry: LogEntry, result: Plain): void {
    this.#leadership?.onApplied(entry, result);
    if (entry.type === "noop" && entry.term === this.#state.term && this.isLeader)
      this.#options.onReady?.(this.#state.term);
  }

  #electionHost(): ElectionHost {
    const { id, clock, timers, random, observer } = this.#options;
    // No spread here and below: the runtime knows what is in an object by its literal, and this is looked into for every message.
    return {
      id,
      clock,
      timers,
      random,
      observer,
      config: this.config,
      log: this.#log,
      state: this.#state,
      disk: () => this.#disk,
      policy: () => this.#policy,
      hasLease: () => this.hasLease,
      mayCampaign: () => this.#mayLead() && this.#options.mayCampaign?.() !== false,
      send: (to, message) => {
        this.#send(to, message);
      },
      reply: (to, message) => {
        this.#following.reply(to, message);
      },
      adoptHigher: (term) => this.#adoptHigher(term),
      becomeLeader: (votes) => {
        this.#becomeLeader(votes);
      },
    };
  }

  #followingHost(): FollowingHost {
    const { clock, timers, observer } = this.#options;
    return {
      clock,
      timers,
      observer,
      patienceMs: 2 * this.config.electionTimeoutMs,
      log: this.#log,
      state: this.#state,
      send: (to, message) => {
        this.#send(to, message);
      },
      disk: () => this.#disk,
      armElection: () => {
        this.#election.arm();
      },
      campaignsByOrder: () => this.#election.isByOrder,
      becomeFollower: (term, leader) => {
        this.#becomeFollower(term, leader);
      },
    };
  }

  #leadershipHost(): LeadershipHost {
    const { id, clock, timers, observer } = this.#options;
    return {
      id,
      clock,
      timers,
      observer,
      disk: () => this.#disk,
      config: this.config,
      log: this.#log,
      isTransferTarget: (peer) => this.#options.isTransferTarget?.(peer) !== false,
      send: (to, message) => {
        this.#send(to, message);
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

function stateMachineOf(options: StateMachinePort): StateMachinePort {
  const apply = options.apply.bind(options);
  return {
    apply: (entry) => apply(entry),
    ...(options.snapshot === undefined ? {} : { snapshot: () => options.snapshot?.() ?? null }),
    ...(options.restore === undefined ? {} : { restore: (state) => options.restore?.(state) }),
  };
}
