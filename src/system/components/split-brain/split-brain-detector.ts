import type { RaftLeaderElectionPort } from "../../ports/leader-election.ts";
import type { NodeId } from "../../ports/node.ts";
import type { SplitBrainDetectorPort } from "../../ports/split-brain.ts";
import type { FailureDetectorPort } from "../failure-detector/failure-detector-port.ts";

/**
 * Detects stale leadership from what Raft says and what the failure detector measured.
 *
 * `hasQuorum` is Raft's acknowledged evidence; `lastHeartbeatFrom` is the detector's, per peer (the seed answers 0 whenever there
 * is a quorum, ET otherwise, and never `Infinity`).
 */
export class SplitBrainDetector implements SplitBrainDetectorPort {
  readonly #raft: RaftLeaderElectionPort;
  readonly #failureDetector: FailureDetectorPort;

  constructor(options: { raft: RaftLeaderElectionPort; failureDetector: FailureDetectorPort }) {
    this.#raft = options.raft;
    this.#failureDetector = options.failureDetector;
  }
  hasQuorum(): boolean {
    return this.#raft.isQuorumReached();
  }
  canCommitWrites(): boolean {
    return this.#raft.isLeaderElected() && this.#raft.isQuorumReached();
  }
  lastHeartbeatFrom(node: string): number {
    return this.#failureDetector.lastHeartbeatFrom(node as NodeId) / 1_000;
  }
  detectStaleLeadership(): boolean {
    return this.#raft.isLeaderElected() && !this.#raft.isQuorumReached();
  }
}
