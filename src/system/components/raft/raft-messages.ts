import type { Message } from "../../ports/transport.ts";
import type { LogEntry } from "./raft-log.ts";

/**
 * Fields that only some messages have. `disk` names the disk the sender's promises are on, when it is not a founder's first one.
 * `revoked` says up to which number a leader's orders to campaign are void. `round` is the round of reads that is to be confirmed.
 */

/** §5.2 and thesis §9.6: would you vote for me in `term`? Changes no state on either side. */
export interface PreVote extends Message {
  readonly type: "raft.pre-vote";
  /** The term the sender would campaign in: its own plus one. */
  readonly term: number;
  readonly lastIndex: number;
  readonly lastTerm: number;
  readonly disk?: string;
  readonly transfer?: number;
}
export interface PreVoteReply extends Message {
  readonly type: "raft.pre-vote-reply";
  /** The replier's own term; a pre-candidate adopts a higher one, or it would ask in an old term for ever. */
  readonly term: number;
  /** The term that was asked about. */
  readonly asked: number;
  readonly granted: boolean;
  readonly disk?: string;
}
/** §5.2: RequestVote. */
export interface Vote extends Message {
  readonly type: "raft.vote";
  readonly term: number;
  readonly lastIndex: number;
  readonly lastTerm: number;
  readonly disk?: string;
  /** Number of the transfer by whose order the sender campaigns: it overrides leader stickiness, unless it was revoked. */
  readonly transfer?: number;
}
export interface VoteReply extends Message {
  readonly type: "raft.vote-reply";
  readonly term: number;
  readonly granted: boolean;
  readonly disk?: string;
}
/** §5.3: AppendEntries with entries. */
export interface Append extends Message {
  readonly type: "raft.append";
  readonly term: number;
  readonly prevIndex: number;
  readonly prevTerm: number;
  readonly entries: readonly (LogEntry & { readonly [key: string]: never })[];
  readonly commit: number;
  /** The leader's monotonic time at sending, echoed by the reply: the lease counts from it. */
  readonly sentAtMs: number;
  readonly revoked?: number;
}
export interface AppendReply extends Message {
  readonly type: "raft.append-reply";
  readonly term: number;
  readonly success: boolean;
  /** Last index known to equal the leader's, when successful. */
  readonly matchIndex: number;
  /** When not: where and in which term the logs may still agree. */
  readonly hintIndex: number;
  readonly hintTerm: number;
  readonly sentAtMs: number;
  readonly disk?: string;
}
/** AppendEntries without entries: leadership, lease and commit index, independent of any disk. */
export interface Heartbeat extends Message {
  readonly type: "raft.heartbeat";
  readonly term: number;
  /** Never beyond what the receiver is known to have. */
  readonly commit: number;
  /** The leader's own commit index: how far the receiver has to come to have caught up. */
  readonly leaderCommit: number;
  readonly sentAtMs: number;
  readonly revoked?: number;
  readonly round?: number;
}
export interface HeartbeatReply extends Message {
  readonly type: "raft.heartbeat-reply";
  readonly term: number;
  readonly sentAtMs: number;
  readonly disk?: string;
  readonly round?: number;
}
/** §7: a piece of a snapshot, for a member that lacks entries which the sender's log has no more. */
export interface Install extends Message {
  readonly type: "raft.install";
  readonly term: number;
  /** The last entry that the snapshot holds. */
  readonly index: number;
  readonly lastTerm: number;
  /** Place of the piece in the snapshot's JSON, and length of all of it, UTF-16 units. */
  readonly offset: number;
  readonly size: number;
  readonly piece: string;
  readonly sentAtMs: number;
  readonly revoked?: number;
}
export interface InstallReply extends Message {
  readonly type: "raft.install-reply";
  readonly term: number;
  /** Of the snapshot that this is about. */
  readonly index: number;
  /** How much of it is here: where the next piece is to begin. */
  readonly offset: number;
  /** Last index known to equal the leader's, once the snapshot is in place or not needed; 0 before. */
  readonly matchIndex: number;
  readonly sentAtMs: number;
  readonly disk?: string;
}
/** Thesis §3.10: campaign now, the others are not to mind that they hear a leader. */
export interface TimeoutNow extends Message {
  readonly type: "raft.timeout-now";
  readonly term: number;
  /** Number of the transfer in its leadership, from 1. */
  readonly transfer: number;
}

export type RaftMessage =
  | PreVote
  | PreVoteReply
  | Vote
  | VoteReply
  | Append
  | AppendReply
  | Heartbeat
  | HeartbeatReply
  | Install
  | InstallReply
  | TimeoutNow;
