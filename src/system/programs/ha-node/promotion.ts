import type { NodeEnv, NodeId } from "../../ports/node.ts";
import type { FailoverCoordinator } from "../../components/failover/failover-coordinator.ts";
import { leaseWaitMs, PromotionGuard } from "../../components/failover/promotion-guard.ts";
import type { WriteGate } from "../../components/failover/write-gate.ts";
import { raftConfig } from "../../components/raft/raft-config.ts";
import type { WriteFence } from "../../components/split-brain/write-fence.ts";
import type { RemoteIsolation } from "../isolation-device/client.ts";
import type { ClaimWatch } from "./claim-watch.ts";
import type { ResolvedHaNodeConfig } from "./config.ts";
import type { Election } from "./election.ts";
import type { StoreBackend } from "./store-backend.ts";

export interface PromotionOptions {
  readonly env: NodeEnv;
  readonly config: ResolvedHaNodeConfig;
  readonly election: Election;
  readonly store: StoreBackend;
  readonly fence: WriteFence;
  readonly failover: FailoverCoordinator;
  readonly gate: WriteGate;
  readonly claims: ClaimWatch;
  /** The device that cuts hosts off, where there is one. */
  readonly isolation: RemoteIsolation | undefined;
}

/** Gives an elected, ready leader with a lease its write access, when whoever led before it certainly writes no more. */
export class Promotion {
  readonly #options: PromotionOptions;
  /** Asked only where writes are acknowledged before others have them. */
  readonly #guard: PromotionGuard | undefined;
  #isRunning = false;
  /** The last other node that was known to lead; `""` for none. */
  #lastRival: NodeId | "" = "";

  constructor(options: PromotionOptions) {
    this.#options = options;
    const { env, config } = options;
    const { clock, observer } = env;
    const { leaseMs, rhoPpm } = raftConfig(config);
    if (config.durability === "async")
      this.#guard = new PromotionGuard({
        policy: config.promotion,
        clock,
        observer,
        waitMs: leaseWaitMs(leaseMs, rhoPpm),
        isolate: (epoch) => this.#isolate(this.#lastRival, epoch),
      });
  }

  /** Notes who leads beside this node; called at every poll. */
  noteRival(): void {
    const { election, env } = this.#options;
    const { leader } = election;
    if (leader !== "" && leader !== env.id) this.#lastRival = leader as NodeId;
  }

  /** Promotes this node if it may be and is not yet. */
  attempt(): void {
    const { election, fence, store, failover, gate, env } = this.#options;
    const { isReady, hasLease, term } = election;
    if (this.#isRunning || !isReady || !hasLease || fence.openEpoch === term) return;
    if (this.#guard?.mayPromote(term) === false) return;
    this.#isRunning = true;
    const restored = store.promote(term)?.then(() => fence.restoreWriteAccess(term));
    (restored ?? fence.restoreWriteAccess(term)).then(
      () => {
        this.#isRunning = false;
        failover.coordinateTransition();
        gate.observe();
        this.#isolateRival(term);
      },
      (error: unknown) => {
        // Leadership or lease ended meanwhile, or the disk failed: the next poll tries again if there is still reason to.
        this.#isRunning = false;
        env.observer.point("promotion.failed", { epoch: term, error: String(error) });
      },
    );
  }

  /** Has the leader that was left behind isolated by the device: belt to the lease's braces. */
  #isolateRival(term: number): void {
    const { claims, env } = this.#options;
    const dual = claims.dualLeader;
    if (dual?.other === env.id) void this.#isolate(dual.stale, term);
  }

  /** @returns whether the device confirmed it; false when there is no device, or nobody to isolate. */
  async #isolate(target: NodeId | "", epoch: number): Promise<boolean> {
    const { isolation, env } = this.#options;
    if (isolation === undefined || target === "") return false;
    const { isConfirmed } = await isolation.isolate(target, epoch);
    env.observer.point("isolation", { target, epoch, confirmed: isConfirmed });
    return isConfirmed;
  }
}
