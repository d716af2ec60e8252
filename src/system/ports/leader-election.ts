import type { NodeId } from "./node.ts";

/** The seeds' leader election: who may lead, in the words of litefs-py. */
export interface LeaderElectionPort {
  isLeaderElected(): boolean;
  /** Asks to be elected; idempotent, never forced. */
  electAsLeader(): void;
  /** Really steps down: drops the lease and does not campaign for a while. Nothing happens on a node that does not lead. */
  demoteFromLeader(): void;
}

/** {@link LeaderElectionPort} of a Raft group. */
export interface RaftLeaderElectionPort extends LeaderElectionPort {
  getClusterMembers(): readonly NodeId[];
  isMemberInCluster(node: string): boolean;
  /** Seconds. */
  getElectionTimeout(): number;
  /** Seconds. */
  getHeartbeatInterval(): number;
  isQuorumReached(): boolean;
}
