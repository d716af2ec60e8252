import type { Clock } from "../../ports/clock.ts";
import type { NodeId } from "../../ports/node.ts";
import type { Observer } from "../../ports/observer.ts";
import type { Timer, Timers } from "../../ports/timers.ts";
import type { Plain } from "../../ports/transport.ts";
import { Progress, quorumValue } from "./progress.ts";
import type { RaftConfig } from "./raft-config.ts";
import type { LogEntry } from "./raft-log.ts";
import type { Append, AppendReply, RaftMessage } from "./raft-messages.ts";
import type { ReplicatedLog } from "./replicated-log.ts";

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

/** What a leadership needs of its node. */
export interface LeadershipHost {
  readonly id: NodeId;
  readonly peers: readonly NodeId[];
  readonly config: RaftConfig;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly observer: Observer;
  readonly log: ReplicatedLog;
  send(to: NodeId, message: RaftMessage): void;
  stepDown(reason: string): void;
  onLeaseChange(isValid: boolean): void;
}

/** One term of leadership: exists from the election to the step-down, and owns all that only a leader has. */
export class Leadership {
  readonly term: number;
  readonly #host: LeadershipHost;
  readonly #progress = new Map<NodeId, Progress>();
  readonly #electedAtMs: number;
  readonly #pending = new Map<number, (outcome: ProposalOutcome) => void>();
  readonly #heartbeat: Timer;
  readonly #leaseEnd: Timer;
  readonly #noopIndex: number;
  #durableIndex: number;
  #leaseUntilMs = -1;
  #hasLease = false;
  /** A leader whose lease ended says nothing more: its heartbeats would keep the others from electing (openraft #2080). */
  #isSilent = false;
  #isClosed = false;

  constructor(host: LeadershipHost, term: number) {
    this.#host = host;
    this.term = term;
    this.#electedAtMs = host.clock.monotonic();
    this.#durableIndex = host.log.lastIndex;
    for (const peer of host.peers) this.#progress.set(peer, new Progress(host.log.lastIndex + 1));
    this.#heartbeat = host.timers.create("heartbeat", () => {
      this.#tick();
    });
    this.#leaseEnd = host.timers.create("lease", () => {
      this.#checkLease();
    });
    this.#noopIndex = host.log.lastIndex + 1;
  }

  /** §8: a leader learns what is committed by committing an entry of its own term. */
  start(): void {
    this.#appendOwn("noop", { command: null, client: "", seq: 0 });
    this.#tick();
  }

  get hasLease(): boolean {
    return this.#hasLease && this.#host.clock.monotonic() < this.#leaseUntilMs;
  }
  /** Whether a quorum answered something sent within the last lease; a new leader has one lease's time to be answered. */
  get isQuorumAcked(): boolean {
    const now = this.#host.clock.monotonic();
    const reached = this.#quorumAckedAt(now);
    return now - (reached > this.#electedAtMs ? reached : this.#electedAtMs) < this.#host.config.leaseMs;
  }
  get leaseUntilMs(): number {
    return this.#leaseUntilMs;
  }
  /** Whether the no-op of this term is committed: before that nothing of this leader may be relied on. */
  get isReady(): boolean {
    return this.#host.log.commitIndex >= this.#noopIndex;
  }

  propose(command: Command, done: (outcome: ProposalOutcome) => void): void {
    const entry = this.#appendOwn("command", command);
    this.#pending.set(entry.index, done);
    for (const [peer, progress] of this.#progress) this.#sendAppend(peer, progress);
  }

  /** The state machine applied an entry: whoever proposed it learns its result. */
  onApplied(entry: LogEntry, result: Plain): void {
    const done = this.#pending.get(entry.index);
    if (done === undefined) return;
    this.#pending.delete(entry.index);
    done({ status: "committed", index: entry.index, result });
  }

  onHeartbeatReply(from: NodeId, sentAtMs: number): void {
    const progress = this.#progress.get(from);
    if (progress !== undefined) this.#acked(progress, sentAtMs);
  }

  onAppendReply(from: NodeId, reply: AppendReply): void {
    const progress = this.#progress.get(from);
    if (progress === undefined) return;
    this.#acked(progress, reply.sentAtMs);
    if (reply.success) {
      progress.inFlight = progress.inFlight > 0 ? progress.inFlight - 1 : 0;
      progress.isProbing = false;
      if (reply.matchIndex > progress.matchIndex) {
        progress.matchIndex = reply.matchIndex;
        if (progress.nextIndex <= reply.matchIndex) progress.nextIndex = reply.matchIndex + 1;
        this.#advanceCommit();
      }
    } else if (reply.sentAtMs >= progress.probeSentAtMs) {
      // §5.3 with the term hint: skip back over whole terms the follower cannot have.
      const next = this.#host.log.lastIndexNotAfter(reply.hintTerm, reply.hintIndex) + 1;
      progress.probe(next > progress.matchIndex ? next : progress.matchIndex + 1);
    }
    this.#sendAppend(from, progress);
  }

  /** Gives up the lease at once; the host steps down right after. */
  close(): void {
    this.#isClosed = true;
    this.#heartbeat.cancel();
    this.#leaseEnd.cancel();
    this.#endLease();
    for (const done of this.#pending.values()) done({ status: "unknown" });
    this.#pending.clear();
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
    const { config, clock, peers } = this.#host;
    const now = clock.monotonic();
    const reached = this.#quorumAckedAt(now);
    // Check-quorum: nobody may lead whom a quorum has not answered for ET.
    if (now - (reached > this.#electedAtMs ? reached : this.#electedAtMs) >= config.electionTimeoutMs) {
      this.#host.stepDown("a quorum has not answered for one election timeout");
      return;
    }
    this.#heartbeat.arm(config.heartbeatMs);
    if (this.#isSilent) return;
    for (const peer of peers) this.#sendHeartbeat(peer, now);
    if (peers.length === 0) this.#extendLease();
  }

  #sendHeartbeat(peer: NodeId, now: number): void {
    const { commitIndex } = this.#host.log;
    const progress = this.#progress.get(peer) as Progress;
    const commit = commitIndex < progress.matchIndex ? commitIndex : progress.matchIndex;
    this.#host.send(peer, {
      type: "raft.heartbeat",
      term: this.term,
      commit,
      leaderCommit: commitIndex,
      sentAtMs: now,
    });
    // An append that was not answered for two heartbeats is taken for lost: start again from what is known.
    if (progress.inFlight > 0 && now - progress.appendSentAtMs >= 2 * this.#host.config.heartbeatMs) {
      progress.probe(progress.matchIndex + 1);
    }
    this.#sendAppend(peer, progress);
  }

  #sendAppend(peer: NodeId, progress: Progress): void {
    const { log, config, clock } = this.#host;
    const { commitIndex } = log;
    const window = progress.isProbing ? 1 : config.windowMax;
    while (!this.#isSilent && !this.#isClosed && progress.nextIndex <= log.lastIndex && progress.inFlight < window) {
      const prevIndex = progress.nextIndex - 1;
      const entries = log.slice(progress.nextIndex, config.batchMax) as Append["entries"];
      const now = clock.monotonic();
      this.#host.send(peer, {
        type: "raft.append",
        term: this.term,
        prevIndex,
        prevTerm: log.termAt(prevIndex),
        entries,
        commit: commitIndex,
        sentAtMs: now,
      });
      progress.nextIndex += entries.length;
      progress.inFlight++;
      progress.appendSentAtMs = now;
      if (progress.isProbing) progress.probeSentAtMs = now;
    }
  }

  #acked(progress: Progress, sentAtMs: number): void {
    if (sentAtMs <= progress.ackedSentAtMs) return;
    progress.ackedSentAtMs = sentAtMs;
    this.#extendLease();
  }

  /** Newest send time that a quorum, this node included, has answered; −1 for none. */
  #quorumAckedAt(now: number): number {
    const times = [now];
    for (const progress of this.#progress.values()) times.push(progress.ackedSentAtMs);
    return quorumValue(times);
  }

  #extendLease(): void {
    if (this.#isSilent || this.#isClosed || !this.isReady) return;
    const { clock, config, observer } = this.#host;
    const now = clock.monotonic();
    const reached = this.#quorumAckedAt(now);
    // Counted from the send time: a follower's promise not to elect another starts no earlier than that.
    const until = reached + config.leaseMs;
    if (reached < 0 || until <= this.#leaseUntilMs || until <= now) return;
    this.#leaseUntilMs = until;
    this.#leaseEnd.arm(until - now);
    observer.state("lease", "valid", { term: this.term, untilMs: until, leftMs: until - now });
    if (this.#hasLease) return;
    this.#hasLease = true;
    this.#host.onLeaseChange(true);
  }

  #checkLease(): void {
    const left = this.#leaseUntilMs - this.#host.clock.monotonic();
    if (left > 0) this.#leaseEnd.arm(left);
    else this.#endLease();
  }

  #endLease(): void {
    if (!this.#hasLease) return;
    this.#hasLease = false;
    this.#isSilent = true;
    this.#host.observer.state("lease", "expired", { term: this.term, untilMs: this.#leaseUntilMs, leftMs: 0 });
    this.#host.onLeaseChange(false);
  }

  /** §5.4.2: only an entry of the current term is committed by counting; it commits everything before it. */
  #advanceCommit(): void {
    const { log } = this.#host;
    const matches = [this.#durableIndex];
    for (const progress of this.#progress.values()) matches.push(progress.matchIndex);
    const index = quorumValue(matches);
    if (index <= log.commitIndex || log.termAt(index) !== this.term) return;
    log.commitTo(index, this.term);
    this.#extendLease();
  }
}
