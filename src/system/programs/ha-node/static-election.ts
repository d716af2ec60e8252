import type { RaftLeaderElectionPort } from "../../ports/leader-election.ts";
import type { NodeId } from "../../ports/node.ts";
import type { Observer } from "../../ports/observer.ts";
import type { GroupChange } from "../../components/raft/group-config.ts";
import type { ChangeOutcome } from "../../components/raft/reconfiguration.ts";
import type { TransferOutcome } from "../../components/raft/transfer.ts";
import { STATIC_EPOCH } from "../../components/replication/static-leaser.ts";
import type { Election } from "./election.ts";

/** {@link Election} with one designated primary: it leads whenever it runs, and nobody takes its place (seed 003, V1). */
export class StaticElection implements Election, RaftLeaderElectionPort {
  readonly term = STATIC_EPOCH;
  readonly diskWriteMs = 0;
  readonly isDiskFull = false;
  readonly isTransferring = false;
  readonly leader: string;
  readonly isLeader: boolean;
  readonly #members: readonly NodeId[];
  readonly #observer: Observer;

  constructor(options: {
    readonly id: NodeId;
    readonly members: readonly NodeId[];
    readonly primary: NodeId;
    readonly observer: Observer;
  }) {
    this.leader = options.primary;
    this.isLeader = options.id === options.primary;
    this.#members = options.members;
    this.#observer = options.observer;
  }

  get hasLease(): boolean {
    return this.isLeader;
  }
  get isReady(): boolean {
    return this.isLeader;
  }

  open(): Promise<void> {
    // Without a term: nobody was elected.
    this.#observer.state("role", this.isLeader ? "leader" : "follower");
    return Promise.resolve();
  }
  receive(): void {
    // Nobody votes.
  }
  demote(): void {
    // A designation is not given up.
  }
  flush(): Promise<void> {
    return Promise.resolve();
  }
  holdDown(): void {
    // Nobody campaigns.
  }
  transferTo(_target?: NodeId, done: (outcome: TransferOutcome) => void = () => undefined): void {
    done("refused");
  }
  reconfigure(_change: GroupChange, done: (outcome: ChangeOutcome) => void = () => undefined): void {
    done({ status: "refused", reason: "the primary is designated" });
  }

  isLeaderElected(): boolean {
    return this.isLeader;
  }
  electAsLeader(): void {
    // It is designated, or it is not.
  }
  demoteFromLeader(): void {
    // A designation is not given up.
  }
  getClusterMembers(): readonly NodeId[] {
    return this.#members;
  }
  isMemberInCluster(node: string): boolean {
    return this.#members.includes(node as NodeId);
  }
  getElectionTimeout(): number {
    return 0;
  }
  getHeartbeatInterval(): number {
    return 0;
  }
  /** The designated primary needs none, and the others have none to need. */
  isQuorumReached(): boolean {
    return true;
  }
}
