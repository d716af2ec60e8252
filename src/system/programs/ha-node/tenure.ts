import type { NodeId } from "../../ports/node.ts";
import type { Observer } from "../../ports/observer.ts";
import type { FailoverCoordinator } from "../../components/failover/failover-coordinator.ts";
import type { WriteFence } from "../../components/split-brain/write-fence.ts";
import type { Election } from "./election.ts";
import type { StoreBackend } from "./store-backend.ts";

export interface TenureOptions {
  readonly id: NodeId;
  readonly election: Election;
  readonly store: StoreBackend;
  readonly fence: WriteFence;
  readonly failover: FailoverCoordinator;
  readonly observer: Observer;
  /** A primary goes on until it hears of a newer one, whoever still hears it: `promotion: immediate`. */
  readonly isSticky: boolean;
}

/** A node's time as the primary: of which epoch it is, and how it ends. It begins with a {@link Promotion}. */
export class Tenure {
  readonly #options: TenureOptions;

  constructor(options: TenureOptions) {
    this.#options = options;
  }

  /** Epoch of the leadership for which writes are let in. */
  get epoch(): number {
    const { fence, election, isSticky } = this.#options;
    return isSticky && fence.openEpoch !== 0 ? fence.openEpoch : election.term;
  }

  /** Ends it when the leadership it rests on is over. */
  endIfOver(): void {
    if (this.#goesOn()) return;
    const { store, failover, fence, observer } = this.#options;
    store.demote();
    failover.coordinateTransition();
    // An orderly end: the gate closes at once, the marker goes when the disk allows.
    if (!fence.isFenced)
      fence.revokeWriteAccess().catch((error: unknown) => {
        observer.point("marker.error", { error: String(error) });
      });
  }

  /** Ends one that went on without a lease, once somebody else's is heard of. */
  tick(): void {
    const { isSticky, fence } = this.#options;
    if (isSticky && fence.openEpoch !== 0) this.endIfOver();
  }

  /** Whether this node writes by right of a leadership that nobody has told it is over. */
  #goesOn(): boolean {
    const { election, fence, id, isSticky } = this.#options;
    const { isLeader, leader, term } = election;
    if (!isSticky || isLeader) return isLeader;
    return fence.openEpoch === term && (leader === "" || leader === id);
  }
}
