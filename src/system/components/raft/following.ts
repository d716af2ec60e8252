import type { Clock } from "../../ports/clock.ts";
import type { NodeId } from "../../ports/node.ts";
import type { Message } from "../../ports/transport.ts";
import type { MemberState } from "./member-state.ts";
import { Installing, type InstallingOptions } from "./installing.ts";
import type { Append, AppendReply, Heartbeat, Install, RaftMessage } from "./raft-messages.ts";
import type { ReplicatedLog } from "./replicated-log.ts";

/** What the following half of a member needs of its node. */
export interface FollowingHost extends InstallingOptions {
  readonly clock: Clock;
  readonly log: ReplicatedLog;
  readonly state: MemberState;
  send(to: NodeId, message: Message): void;
  /** Name of this node's own disk; `""` for a founder's. */
  disk(): string;
  /** A leader of its term was heard: nobody needs to be elected for a while. */
  armElection(): void;
  /** Whether this member campaigns because the leader of its term wants it to. */
  campaignsByOrder(): boolean;
  becomeFollower(term: number, leader: string): void;
}

/** Where a reply says that the logs agree, or may agree. */
type Place = Pick<AppendReply, "success" | "matchIndex" | "hintIndex" | "hintTerm">;

const NOWHERE: Place = { success: false, matchIndex: 0, hintIndex: 0, hintTerm: 0 };

/** How a member keeps the log of its leader, and answers it. */
export class Following {
  readonly #host: FollowingHost;
  readonly #log: ReplicatedLog;
  readonly #state: MemberState;
  /** Term in which an append of its leader last fitted this log; −1 for none. */
  #agreedTerm = -1;
  #leaderCommit = 0;
  readonly #installing: Installing;

  constructor(host: FollowingHost) {
    this.#host = host;
    this.#log = host.log;
    this.#state = host.state;
    this.#installing = new Installing(host);
  }

  /** Whether this log was found to agree with the present leader's, and is applied as far as that leader has committed. */
  get isCaughtUp(): boolean {
    const { hearsLeader, term } = this.#state;
    if (this.#log.hasMarks || this.#installing.isActive) return false;
    return hearsLeader && this.#agreedTerm === term && this.#log.appliedIndex >= this.#leaderCommit;
  }

  onHeartbeat(from: NodeId, { term, commit, leaderCommit, sentAtMs, revoked, round }: Heartbeat): void {
    if (this.#follow(from, term, revoked)) {
      this.#leaderCommit = leaderCommit;
      this.#commitTo(commit < this.#log.lastIndex ? commit : this.#log.lastIndex);
    }
    const reply = { type: "raft.heartbeat-reply" as const, term: this.#state.term, sentAtMs };
    this.reply(from, round === undefined ? reply : { ...reply, round });
  }

  onAppend(from: NodeId, message: Append): void {
    const { term, prevIndex, prevTerm, sentAtMs } = message;
    if (!this.#follow(from, term, message.revoked)) {
      this.#answer(from, sentAtMs, NOWHERE);
      return;
    }
    const { base } = this.#log;
    // What comes before the log is committed: every later leader has the same.
    if (prevIndex >= base.index && this.#log.termAt(prevIndex) !== prevTerm) {
      const last = this.#log.lastIndex;
      const hintIndex = this.#log.lastIndexNotAfter(prevTerm, prevIndex < last ? prevIndex : last);
      this.#answer(from, sentAtMs, { ...NOWHERE, hintIndex, hintTerm: this.#log.termAt(hintIndex) });
      return;
    }
    const lastIndex = prevIndex + message.entries.length;
    const matchIndex = lastIndex > base.index ? lastIndex : base.index;
    this.#log.merge(message.entries);
    this.#agreedTerm = term;
    if (message.commit > this.#leaderCommit) this.#leaderCommit = message.commit;
    this.#commitTo(message.commit < matchIndex ? message.commit : matchIndex);
    this.#answer(from, sentAtMs, { success: true, matchIndex, hintIndex: 0, hintTerm: 0 });
  }

  /** §7: a snapshot that says more than what is known to be committed here; of anything older all is here already. */
  onInstall(from: NodeId, message: Install): void {
    const { term, index, sentAtMs } = message;
    if (this.#follow(from, term, message.revoked) && index > this.#log.commitIndex) {
      const snapshot = this.#installing.take(from, message);
      if (snapshot !== undefined) {
        this.#log.install(snapshot, from);
        this.#agreedTerm = term;
      }
    }
    const isHere = term === this.#state.term && index <= this.#log.commitIndex;
    const [offset, matchIndex] = isHere ? [message.size, index] : [this.#installing.length, 0];
    this.reply(from, { type: "raft.install-reply", term: this.#state.term, index, offset, matchIndex, sentAtMs });
  }

  /** Answers once everything the answer rests on is durable; an answer of a term that has passed meanwhile is not sent. */
  reply(to: NodeId, unsigned: RaftMessage): void {
    const { term } = this.#state;
    const disk = this.#host.disk();
    const message = disk === "" ? unsigned : { ...unsigned, disk };
    if (this.#log.isDurable) {
      this.#host.send(to, message);
      return;
    }
    // A heartbeat's answer rests on the term alone: entries under way to the disk do not delay it, a new term does.
    if (message.type === "raft.heartbeat-reply" && this.#state.durableTerm === term) {
      this.#host.send(to, message);
      return;
    }
    this.#log.whenDurable(() => {
      if (this.#state.term === term) this.#host.send(to, message);
    });
  }

  #answer(to: NodeId, sentAtMs: number, { success, matchIndex, hintIndex, hintTerm }: Place): void {
    const { term } = this.#state;
    this.reply(to, { type: "raft.append-reply", term, success, matchIndex, hintIndex, hintTerm, sentAtMs });
  }

  /** Follows `from` if its term allows. @returns false when the sender is of an old term, after telling it so. */
  #follow(from: NodeId, term: number, revoked = 0): boolean {
    const state = this.#state;
    if (term < state.term) return false;
    if (term === state.term) state.revoke(revoked);
    const isFollowing = state.role === "follower" && state.leader === from;
    // A leader that hands over goes on with its heartbeats: they do not end the campaign that it ordered, unless they take it back.
    if (term > state.term || !(isFollowing || this.#host.campaignsByOrder())) {
      if (term > state.term) this.#installing.abandon();
      this.#host.becomeFollower(term, from);
      state.revoke(revoked);
    }
    state.leaderHeardMs = this.#host.clock.monotonic();
    this.#host.armElection();
    return true;
  }

  #commitTo(index: number): void {
    this.#log.commitTo(index, this.#state.term);
  }
}
