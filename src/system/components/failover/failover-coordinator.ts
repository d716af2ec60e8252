import type { LeaderElectionPort } from "../../ports/leader-election.ts";
import type { Observer } from "../../ports/observer.ts";
import type { FailoverPort } from "../../ports/split-brain.ts";

/** What a node is for its application. */
export type NodeState = "primary" | "replica";

export type FailoverEventType =
  "promoted_to_primary" | "demoted_to_replica" | "health_demotion" | "quorum_loss_demotion" | "graceful_handoff";

/** Emitted at every change between primary and replica. */
export interface FailoverEvent {
  readonly type: FailoverEventType;
  readonly epoch: number;
}

export interface FailoverCoordinatorOptions {
  readonly leaderElection: LeaderElectionPort;
  readonly observer: Observer;
  /** Term of the present leadership. Default 0. */
  epoch?(): number;
  /** Whether the elected leader may become primary: lease valid and caught up. Default: it may. */
  canBecomeLeader?(): boolean;
  onEvent?(event: FailoverEvent): void;
}

/**
 * Keeps the application's state (`primary`, `replica`) in step with the election: to primary only with a lease and caught up, to
 * replica at once. Works without any split-brain coordinator.
 */
export class FailoverCoordinator implements FailoverPort {
  readonly leaderElection: LeaderElectionPort;
  readonly #options: FailoverCoordinatorOptions;
  #state: NodeState = "replica";
  #epoch = 0;

  constructor(options: FailoverCoordinatorOptions) {
    this.leaderElection = options.leaderElection;
    this.#options = options;
    options.observer.state("failover", "replica", { epoch: 0 });
  }

  get state(): NodeState {
    return this.#state;
  }

  /** Moves to what the election says now. Idempotent. */
  coordinateTransition(): void {
    const isElected = this.leaderElection.isLeaderElected();
    if (!isElected) this.#move("replica", "demoted_to_replica");
    else if (this.#options.canBecomeLeader?.() ?? true) this.#move("primary", "promoted_to_primary");
  }

  /** An unhealthy primary gives up leading. */
  demoteForHealth(): void {
    this.#move("replica", "health_demotion");
    this.leaderElection.demoteFromLeader();
  }

  /** A primary whose quorum is gone gives up leading. */
  demoteForQuorumLoss(): void {
    this.#move("replica", "quorum_loss_demotion");
    this.leaderElection.demoteFromLeader();
  }

  #move(state: NodeState, type: FailoverEventType): void {
    if (state === this.#state) return;
    this.#state = state;
    // A demotion is told with the epoch that it ends.
    if (state === "primary") this.#epoch = this.#options.epoch?.() ?? 0;
    this.#options.observer.state("failover", state, { epoch: this.#epoch });
    this.#options.observer.point("failover", { type, epoch: this.#epoch });
    this.#options.onEvent?.({ type, epoch: this.#epoch });
  }
}
