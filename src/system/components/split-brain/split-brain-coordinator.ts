import type { Clock } from "../../ports/clock.ts";
import type { Observer } from "../../ports/observer.ts";
import type {
  ConflictResolutionPort,
  ConflictResolutionStrategy,
  FailoverPort,
  SplitBrainDetectorPort,
} from "../../ports/split-brain.ts";

export type SplitBrainState = "healthy" | "split_brain_detected" | "resolved" | "failed";

/** Emitted on every edge of the coordinator, for metrics and alerts. */
export interface SplitBrainEvent {
  readonly detected: boolean;
  readonly state: SplitBrainState;
  readonly from: SplitBrainState;
  readonly nodeId?: string;
  /** Wall time, ms since the epoch. */
  readonly timestamp?: number;
  readonly reason: string;
}

export interface SplitBrainCoordinatorOptions {
  readonly detector: SplitBrainDetectorPort;
  readonly resolver: ConflictResolutionPort;
  readonly failover: FailoverPort;
  readonly clock: Clock;
  readonly observer: Observer;
  /** What is done with a node that led without a quorum. Default `force_replica`. */
  readonly strategy?: ConflictResolutionStrategy;
  readonly nodeId?: string;
  /** ET: the measure of every wait here. Default 300 ms. */
  readonly electionTimeoutMs?: number;
  /** Allowed time from detection to a verified fence, after which the node must leave. Default 2·ET + 200 ms. */
  readonly detectionToFenceMsMax?: number;
  /** State to begin with: `resolved` on a node that starts with a fence on its disk. */
  readonly initialState?: "healthy" | "resolved";
  /** Staleness that the seeds' predicate cannot see (a writable node without a lease, an old epoch, a rival of a newer term). */
  readonly findStaleness?: () => string | undefined;
  /** Whether this node is back on the present leader's chain, and may write or needs not to: the last condition of healthy. */
  readonly isReconciled?: () => boolean;
  readonly onEvent?: (event: SplitBrainEvent) => void;
  /** The node was reintegrated; it must not campaign for `holdDownMs`. */
  readonly onReintegrated?: (holdDownMs: number) => void;
}

const FAILED_TRIES_MAX = 3;
const HOLD_DOWN_MS_MAX = 60_000;

/**
 * Detects split-brain, resolves it, and brings the node back: `healthy → split_brain_detected → resolved | failed`,
 * `failed → resolved` after a verified retry, `resolved → healthy` after reconciliation. No other edge.
 *
 * Polled, and woken when the lease is lost. The order of a resolution matters: fence, strategy, demotion, transition. A step that
 * fails does not keep the later ones from running, but the outcome is `failed` and tried again at each poll.
 */
export class SplitBrainCoordinator {
  readonly #options: SplitBrainCoordinatorOptions;
  readonly #electionTimeoutMs: number;
  readonly #detectionToFenceMsMax: number;
  readonly #strategy: ConflictResolutionStrategy;
  #state: SplitBrainState;
  #running: Promise<SplitBrainState> | undefined;
  #tries = 0;
  #detectedAtMs = 0;
  #quorumSinceMs = -1;
  #holdDownMs: number;
  #reintegratedAtMs = -1;
  /** Polls that found the present resolution still running. */
  #joins = 0;
  #isLeaving = false;

  constructor(options: SplitBrainCoordinatorOptions) {
    this.#options = options;
    this.#electionTimeoutMs = options.electionTimeoutMs ?? 300;
    this.#detectionToFenceMsMax = options.detectionToFenceMsMax ?? 2 * this.#electionTimeoutMs + 200;
    this.#strategy = options.strategy ?? "force_replica";
    this.#holdDownMs = 5 * this.#electionTimeoutMs;
    this.#state = options.initialState ?? "healthy";
    options.observer.state("coordinator", this.#state, { reason: "start" });
  }

  get state(): SplitBrainState {
    return this.#state;
  }

  /**
   * Checks, and resolves what it finds. Single-flight: a second caller joins the first. The write gate is closed before the
   * first await. Never rejects.
   */
  checkAndResolveSplitBrain(): Promise<SplitBrainState> {
    if (this.#running !== undefined) {
      this.#leaveIfLate();
      return this.#running;
    }
    const work = this.#next();
    if (work === undefined) return Promise.resolve(this.#state);
    const running = work.then(() => {
      this.#running = undefined;
      return this.#state;
    });
    this.#running = running;
    return running;
  }

  /** One step of the state machine; `undefined` when there is nothing to wait for. */
  #next(): Promise<void> | undefined {
    switch (this.#state) {
      case "healthy": {
        const reason = this.#findStaleness();
        if (reason === undefined) return undefined;
        this.#detectedAtMs = this.#now();
        this.#tries = 0;
        this.#move("split_brain_detected", reason);
        return this.#resolve();
      }
      case "split_brain_detected":
      case "failed":
        return this.#resolve();
      case "resolved":
        this.#reintegrate();
        return undefined;
    }
  }

  #findStaleness(): string | undefined {
    const { detector, failover, observer } = this.#options;
    try {
      if (detector.detectStaleLeadership()) return "elected-without-quorum";
      return this.#options.findStaleness?.();
    } catch (error) {
      observer.point("stale-leadership", { reason: "detector-error", error: String(error) });
      // Without an answer a node that may write must be taken for stale; one that may not has nothing to lose.
      return failover.state === "primary" ? "detector-error" : undefined;
    }
  }

  async #resolve(): Promise<void> {
    const { resolver, failover } = this.#options;
    this.#tries++;
    this.#joins = 0;
    const errors: unknown[] = [];
    const attempt = async (step: () => Promise<void> | void): Promise<void> => {
      try {
        await step();
      } catch (error) {
        errors.push(error);
      }
    };
    await attempt(() => resolver.fenceWriteAccess());
    await attempt(() => resolver.applyResolutionStrategy(this.#strategy));
    await attempt(() => {
      failover.leaderElection.demoteFromLeader();
    });
    await attempt(() => {
      failover.coordinateTransition();
    });
    const stillLeads = failover.leaderElection.isLeaderElected() || failover.state !== "replica";
    if (errors.length === 0 && !stillLeads) {
      this.#quorumSinceMs = -1;
      this.#move("resolved", "fenced, demoted and replica");
      return;
    }
    const reason = errors.length > 0 ? String(errors[0]) : "still the leader after the demotion";
    if (this.#state !== "failed") this.#move("failed", reason);
    if (this.#tries >= FAILED_TRIES_MAX || this.#now() - this.#detectedAtMs > this.#detectionToFenceMsMax) {
      await attempt(() => resolver.applyResolutionStrategy("shutdown_safe"));
    }
  }

  /** A resolution that neither ends nor fails (a disk that answers nothing) is a failed one, and then a reason to leave. */
  #leaveIfLate(): void {
    // Time alone proves nothing: this node may have been paused while its disk was well.
    this.#joins++;
    const late = (this.#now() - this.#detectedAtMs) / this.#detectionToFenceMsMax;
    if (late <= 1 || this.#joins < FAILED_TRIES_MAX) return;
    if (this.#state === "split_brain_detected") this.#move("failed", "the resolution takes too long");
    else if (late > 2 && this.#joins >= 2 * FAILED_TRIES_MAX && !this.#isLeaving) {
      this.#isLeaving = true;
      void this.#options.resolver
        .applyResolutionStrategy("shutdown_safe")
        .catch(() => undefined)
        .then(() => {
          this.#isLeaving = false;
        });
    }
  }

  /** Quorum for 2·ET and back on the leader's chain: the node takes part again, held down so that a flapping link cannot livelock. */
  #reintegrate(): void {
    const { detector, isReconciled } = this.#options;
    const now = this.#now();
    if (!detector.hasQuorum()) {
      this.#quorumSinceMs = -1;
      return;
    }
    if (this.#quorumSinceMs < 0) this.#quorumSinceMs = now;
    if (now - this.#quorumSinceMs < 2 * this.#electionTimeoutMs) return;
    if (isReconciled !== undefined && !isReconciled()) return;
    const isFlapping = this.#reintegratedAtMs >= 0 && now - this.#reintegratedAtMs < 2 * this.#holdDownMs;
    this.#holdDownMs = isFlapping ? Math.min(2 * this.#holdDownMs, HOLD_DOWN_MS_MAX) : 5 * this.#electionTimeoutMs;
    this.#reintegratedAtMs = now;
    this.#options.onReintegrated?.(this.#holdDownMs);
    this.#move("healthy", "quorum seen and reconciled");
  }

  #move(state: SplitBrainState, reason: string): void {
    const { observer, clock, nodeId, onEvent } = this.#options;
    const from = this.#state;
    this.#state = state;
    observer.state("coordinator", state, { reason });
    observer.point("split-brain", { detected: state === "split_brain_detected", state, from });
    onEvent?.({
      detected: state === "split_brain_detected",
      state,
      from,
      ...(nodeId === undefined ? {} : { nodeId }),
      timestamp: clock.wall(),
      reason,
    });
  }

  #now(): number {
    return this.#options.clock.monotonic();
  }
}
