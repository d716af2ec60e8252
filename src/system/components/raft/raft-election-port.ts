import type { NodeId } from "../../ports/node.ts";
import type { RaftLeaderElectionPort } from "../../ports/leader-election.ts";
import type { RaftNode } from "./raft-node.ts";

/**
 * The seeds' `RaftLeaderElectionPort` on our Raft. Every method is real: `demoteFromLeader` steps down, `isQuorumReached` is
 * acknowledged evidence, times are seconds as the seeds have them.
 */
export class RaftLeaderElection implements RaftLeaderElectionPort {
  readonly #raft: RaftNode;
  readonly #isReachable: (peer: NodeId) => boolean;
  readonly #isHolding: () => boolean;

  /**
   * @param isReachable  Whether a peer answered a round trip lately: the failure detector's view.
   * @param isHolding    Whether this node was itself paused and declares nobody down for now. Default: never.
   */
  constructor(options: { raft: RaftNode; isReachable: (peer: NodeId) => boolean; isHolding?: () => boolean }) {
    this.#raft = options.raft;
    this.#isReachable = options.isReachable;
    this.#isHolding = options.isHolding ?? (() => false);
  }

  isLeaderElected(): boolean {
    return this.#raft.isLeader;
  }
  /** Asks for an election; idempotent, never forced: it is refused while the others hear a leader. */
  electAsLeader(): void {
    this.#raft.requestElection();
  }
  demoteFromLeader(): void {
    this.#raft.demote("demoted through the leader-election port");
  }
  getClusterMembers(): readonly NodeId[] {
    return this.#raft.voters;
  }
  isMemberInCluster(node: string): boolean {
    return this.#raft.voters.includes(node as NodeId);
  }
  /** Seconds. */
  getElectionTimeout(): number {
    return this.#raft.config.electionTimeoutMs / 1_000;
  }
  /** Seconds. */
  getHeartbeatInterval(): number {
    return this.#raft.config.heartbeatMs / 1_000;
  }
  /**
   * A leader: a quorum has acknowledged it within its lease. Anybody else: a leader was heard within ET and a quorum answers
   * round trips, this node included if it counts.
   */
  isQuorumReached(): boolean {
    if (this.#raft.isLeader) return this.#raft.isQuorumAcked;
    if (!this.#raft.hearsLeader && !this.#isHolding()) return false;
    return this.#raft.isQuorum((id) => id === this.#raft.id || this.#isReachable(id));
  }
}
