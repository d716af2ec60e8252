import type { NodeId } from "../../ports/node.ts";
import type { Timer } from "../../ports/timers.ts";
import type { Plain } from "../../ports/transport.ts";
import { findMember, namesOf, policyOf, toCommand, type GroupChange, type Member } from "./group-config.ts";
import { LeaderLease } from "./leader-lease.ts";
import type { LeadershipHost } from "./leadership-host.ts";
import type { Progress } from "./progress.ts";
import type { QuorumPolicy } from "./quorum-policy.ts";
import type { LogEntry } from "./raft-log.ts";
import type { AppendReply, HeartbeatReply, InstallReply } from "./raft-messages.ts";
import { ReadRounds } from "./read-rounds.ts";
import { Reconfiguration, type ChangeOutcome } from "./reconfiguration.ts";
import { Replication } from "./replication.ts";
import { Transfers, type TransferOutcome } from "./transfer.ts";

/** How a proposal ended. `unknown`: leadership was lost first; a later leader may still commit it. */
export type ProposalOutcome =
  | { readonly status: "committed"; readonly index: number; readonly result: Plain }
  | { readonly status: "refused"; readonly leader: string }
  | { readonly status: "unknown" };

export interface Command {
  readonly command: Plain;
  readonly client: string;
  readonly seq: number;
}

/** One term of leadership: exists from the election to the step-down, and owns all that only a leader has. */
export class Leadership {
  readonly term: number;
  readonly #host: LeadershipHost;
  readonly #electedAtMs: number;
  readonly #pending = new Map<number, (outcome: ProposalOutcome) => void>();
  readonly #replication: Replication;
  readonly #heartbeat: Timer;
  readonly #lease: LeaderLease;
  readonly #reads: ReadRounds;
  readonly #transfers: Transfers;
  readonly #reconfiguration: Reconfiguration;
  readonly #noopIndex: number;
  #policy: QuorumPolicy;
  /** What is known of each voter of the policy; `self` for this node, `undefined` for one that has lost its disk. */
  #counted: readonly (Progress | "self" | undefined)[] = [];
  /** What {@link Leadership.#reached} asks of the policy, in one list: it asks several times for every answer. */
  readonly #values: number[] = [];
  #durableIndex: number;
  /** The newest send time that a quorum of the policy was found to have answered. */
  #reachedMs = -1;
  #isClosed = false;

  constructor(host: LeadershipHost, term: number) {
    this.#host = host;
    this.term = term;
    const { clock, timers, observer, log, config } = host;
    this.#electedAtMs = clock.monotonic();
    this.#durableIndex = log.lastIndex;
    this.#heartbeat = timers.create("heartbeat", () => {
      this.#tick();
    });
    this.#lease = new LeaderLease({
      term,
      clock,
      timers,
      observer,
      leaseMs: config.leaseMs,
      onChange: (isValid) => {
        host.onLeaseChange(isValid);
      },
    });
    this.#reads = new ReadRounds(() => {
      this.#startRound();
    });
    this.#transfers = this.#createTransfers();
    this.#reconfiguration = this.#createReconfiguration();
    this.#replication = new Replication(host, {
      term,
      // A leader whose lease ended says nothing more: its heartbeats would keep the others from electing (openraft #2080).
      isSilent: () => this.#lease.isOver || this.#isClosed,
      revoked: () => this.#transfers.revoked,
      round: () => this.#reads.current,
    });
    this.#noopIndex = log.lastIndex + 1;
    this.#policy = policyOf(log.config);
    this.#follow(this.#noopIndex);
  }

  /** §8: a leader learns what is committed by committing an entry of its own term. */
  start(): void {
    this.#appendOwn("noop", { command: null, client: "", seq: 0 });
    this.#tick();
  }

  get hasLease(): boolean {
    return this.#lease.isValid;
  }
  /** Whether a quorum answered something sent within the last lease; a new leader has one lease's time to be answered. */
  get isQuorumAcked(): boolean {
    const now = this.#host.clock.monotonic();
    const reached = this.#quorumAckedAt(now);
    return now - (reached > this.#electedAtMs ? reached : this.#electedAtMs) < this.#host.config.leaseMs;
  }
  /** Whether the no-op of this term is committed: before that nothing of this leader may be relied on. */
  get isReady(): boolean {
    return this.#host.log.commitIndex >= this.#noopIndex;
  }
  /** Whether leadership is being handed over: nothing is accepted meanwhile. */
  get isTransferring(): boolean {
    return this.#transfers.isRunning;
  }

  propose(command: Command, done: (outcome: ProposalOutcome) => void): void {
    if (this.#transfers.isRunning) {
      done({ status: "refused", leader: "" });
      return;
    }
    const entry = this.#appendOwn("command", command);
    this.#pending.set(entry.index, done);
    this.#replication.sendAll();
  }

  /** @param done  Called once: whether this node was still leader after the call, everything committed before it applied. */
  readIndex(done: (isConfirmed: boolean) => void): void {
    if (!this.isReady || this.#lease.isOver) done(false);
    else this.#reads.ask(done);
  }

  /** @param target  A voter, other than this node; by default the one whose log is furthest. */
  transferTo(target: NodeId | undefined, done: (outcome: TransferOutcome) => void): void {
    const chosen = this.isReady && !this.#transfers.isRunning ? this.#chooseTarget(target) : undefined;
    if (chosen === undefined) {
      done("refused");
      return;
    }
    this.#transfers.start(chosen, done);
    this.#replication.sendAll();
    this.#checkTransfer();
  }

  reconfigure(change: GroupChange, done: (outcome: ChangeOutcome) => void): void {
    this.#reconfiguration.request(change, done);
  }

  /** Another configuration is in force. */
  onConfig(): void {
    this.#follow(this.#host.log.lastIndex);
  }

  /** Sends to whom the configuration names, and counts who counts in it. */
  #follow(nextIndex: number): void {
    const { log, id } = this.#host;
    const disk = this.#host.disk();
    this.#policy = policyOf(log.config);
    this.#reachedMs = -1;
    this.#replication.setMembers(namesOf(log.config), nextIndex);
    this.#counted = this.#policy.voters.map((voter) =>
      voter.id !== id ? this.#replication.find(voter) : voter.disk === disk ? "self" : undefined,
    );
  }

  /** The state machine applied an entry: whoever proposed it learns its result. */
  onApplied(entry: LogEntry, result: Plain): void {
    const done = this.#pending.get(entry.index);
    if (done === undefined) return;
    this.#pending.delete(entry.index);
    done({ status: "committed", index: entry.index, result });
  }

  onHeartbeatReply(from: NodeId, reply: HeartbeatReply): void {
    const progress = this.#knownAs(from, reply.disk ?? "");
    if (progress === undefined) return;
    if (reply.round !== undefined && reply.round > progress.ackedRound) progress.ackedRound = reply.round;
    this.#acked(progress, reply.sentAtMs);
    if (reply.round !== undefined) this.#countRound();
  }

  onAppendReply(from: NodeId, reply: AppendReply): void {
    const progress = this.#knownAs(from, reply.disk ?? "");
    if (progress === undefined) return;
    this.#acked(progress, reply.sentAtMs);
    // Who comes after a quorum changes nothing of what a quorum holds.
    if (this.#replication.onReply(progress, reply) && progress.matchIndex > this.#host.log.commitIndex)
      this.#advanceCommit();
    this.#checkTransfer();
    this.#reconfiguration.advance();
    this.#replication.sendAppend(from, progress);
  }

  /** Says how far a member has come, and nothing of the lease: a piece may have waited long for its answer. */
  onInstallReply(from: NodeId, reply: InstallReply): void {
    const progress = this.#knownAs(from, reply.disk ?? "");
    if (progress === undefined) return;
    if (this.#replication.onInstallReply(progress, reply)) this.#advanceCommit();
    this.#reconfiguration.advance();
    this.#replication.sendAppend(from, progress);
  }

  /** Gives up the lease at once; the host steps down right after. */
  close(): void {
    this.#isClosed = true;
    this.#heartbeat.cancel();
    this.#lease.close();
    this.#transfers.close();
    this.#reconfiguration.close();
    this.#reads.close();
    for (const done of this.#pending.values()) done({ status: "unknown" });
    this.#pending.clear();
  }

  /** What is known of whoever answers; a member that answers from another disk begins anew. */
  #knownAs(from: NodeId, disk: string): Progress | undefined {
    const isNew = this.#replication.meet(from, disk);
    if (isNew) {
      this.onConfig();
      this.#reconfiguration.advance();
    }
    return this.#replication.get(from);
  }

  #appendOwn(type: LogEntry["type"], { command, client, seq }: Command): LogEntry {
    const { log } = this.#host;
    const entry: LogEntry = Object.freeze({ index: log.lastIndex + 1, term: this.term, type, command, client, seq });
    log.append(entry, () => {
      // Truncation cannot touch it while this leadership lasts; after its end the entry counts for nobody here.
      if (this.#isClosed) return;
      this.#durableIndex = entry.index;
      this.#advanceCommit();
    });
    return entry;
  }

  #tick(): void {
    const { config, clock } = this.#host;
    const now = clock.monotonic();
    const reached = this.#quorumAckedAt(now);
    // Check-quorum: nobody may lead whom a quorum has not answered for ET.
    if (now - (reached > this.#electedAtMs ? reached : this.#electedAtMs) >= config.electionTimeoutMs) {
      this.#host.stepDown("a quorum has not answered for one election timeout");
      return;
    }
    this.#heartbeat.arm(config.heartbeatMs);
    if (this.#lease.isOver) return;
    this.#replication.beat(now);
    // A leader that is a quorum by itself waits for nobody's answer.
    if (reached === now) this.#extendLease();
    this.#reconfiguration.advance();
  }

  #acked(progress: Progress, sentAtMs: number): void {
    if (sentAtMs <= progress.ackedSentAtMs) return;
    progress.ackedSentAtMs = sentAtMs;
    // Nor does it renew a lease any further.
    if (sentAtMs > this.#reachedMs) this.#extendLease();
  }

  /** The value that a quorum has reached, where each voter has `of` and this node `own`. */
  #reached(own: number, of: (progress: Progress) => number): number {
    const counted = this.#counted;
    const values = this.#values;
    if (values.length !== counted.length) values.length = counted.length;
    for (let i = 0; i < counted.length; i++) {
      const one = counted[i];
      values[i] = one === "self" ? own : one === undefined ? -1 : of(one);
    }
    return this.#policy.reached(values);
  }

  /** Newest send time that a quorum has answered; −1 for none. */
  #quorumAckedAt(now: number): number {
    return this.#reached(now, (progress) => progress.ackedSentAtMs);
  }

  #extendLease(): void {
    if (this.#isClosed || !this.isReady) return;
    const now = this.#host.clock.monotonic();
    const reached = this.#quorumAckedAt(now);
    // A leader that is a quorum by itself is answered at every moment.
    if (reached < now) this.#reachedMs = reached;
    this.#lease.renew(reached);
  }

  #startRound(): void {
    this.#replication.beat(this.#host.clock.monotonic());
    this.#countRound();
  }

  #countRound(): void {
    const { current } = this.#reads;
    if (current > 0) this.#reads.reached(this.#reached(current, (progress) => progress.ackedRound));
  }

  /** §5.4.2: only an entry of the current term is committed by counting; it commits everything before it. */
  #advanceCommit(): void {
    const { log } = this.#host;
    const index = this.#reached(this.#durableIndex, (progress) => progress.matchIndex);
    if (index <= log.commitIndex || log.termAt(index) !== this.term) return;
    log.commitTo(index, this.term);
    this.#extendLease();
    this.#reconfiguration.advance();
  }

  #chooseTarget(wanted: NodeId | undefined): NodeId | undefined {
    const { log, id, config, clock } = this.#host;
    const since = clock.monotonic() - config.electionTimeoutMs;
    let best: { readonly id: NodeId; readonly matchIndex: number } | undefined;
    for (const member of log.config.members) {
      const progress = this.#replication.find(member);
      const isWanted = wanted === undefined ? this.#host.isTransferTarget(member.id) : member.id === wanted;
      if (member.id === id || member.kind !== "voter" || progress === undefined || !isWanted) continue;
      if (progress.snapshot !== undefined) continue;
      if (progress.ackedSentAtMs < since || progress.matchIndex <= (best?.matchIndex ?? -1)) continue;
      best = { id: member.id, matchIndex: progress.matchIndex };
    }
    return best?.id;
  }

  #checkTransfer(): void {
    const { target } = this.#transfers;
    const progress = target === undefined ? undefined : this.#replication.get(target);
    if (progress?.matchIndex === this.#host.log.lastIndex) this.#transfers.onMatch();
  }

  #createTransfers(): Transfers {
    const { timers, observer, config } = this.#host;
    return new Transfers({
      term: this.term,
      timers,
      observer,
      electionTimeoutMs: config.electionTimeoutMs,
      sendTimeoutNow: (target, transfer) => {
        this.#host.send(target, { type: "raft.timeout-now", term: this.term, transfer });
      },
      suspend: () => {
        this.#lease.suspend();
      },
      resume: () => {
        this.#lease.resume();
      },
    });
  }

  #createReconfiguration(): Reconfiguration {
    const { log, clock, config, id } = this.#host;
    const disk = this.#host.disk();
    return new Reconfiguration({
      config: () => log.config,
      configIndex: () => log.configIndex,
      commitIndex: () => log.commitIndex,
      refusal: () => {
        if (!this.isReady) return "the leader has not committed an entry of its term yet";
        if (this.#transfers.isRunning) return "leadership is being handed over";
        return this.#isClosed || !this.hasLease ? "the leader has no lease" : undefined;
      },
      append: (next) => {
        this.#appendOwn("config", { command: toCommand(next), client: "", seq: 0 });
        this.#replication.sendAll();
      },
      diskOf: (member) => (member === id ? disk : this.#replication.diskOf(member)),
      diskChanges: () => this.#replication.diskChanges,
      isCaughtUp: (member: Member) => {
        const progress = this.#replication.find(member);
        if (progress === undefined || progress.ackedSentAtMs < clock.monotonic() - config.electionTimeoutMs)
          return false;
        return progress.matchIndex >= log.commitIndex;
      },
      isVoter: () => {
        const kind = findMember(log.config, { id, disk })?.kind;
        return kind !== undefined && kind !== "learner";
      },
      stepDown: (reason) => {
        if (!this.#isClosed) this.#host.stepDown(reason);
      },
    });
  }
}
