import { FailStopError, SplitBrainDetectedError } from "../../ports/errors.ts";
import type { NodeId } from "../../ports/node.ts";
import type { Observer } from "../../ports/observer.ts";
import type { ConflictResolutionPort, ConflictResolutionStrategy } from "../../ports/split-brain.ts";
import type { Timers } from "../../ports/timers.ts";
import type { ShutdownFlag } from "./shutdown-flag.ts";

/** What the strategies need a node to be able to do; each is the business of somebody else. */
export interface StrategyActions {
  /**
   * Goes back to the last position that is on the new primary's chain, and follows it from there. What is left behind is kept.
   *
   * @returns `pending` when no new primary can be asked yet: then it is done when one is, before the node counts as reconciled.
   * @throws {SplitBrainDetectedError} when there is no such position, or nothing to go back from.
   */
  rollback(): Promise<"done" | "pending">;
  /** Resolves when no write that was let in is without its answer. */
  drain(): Promise<void>;
  /** Resolves when everything written is durable. */
  flush(): Promise<void>;
  /** Gives up leadership, to somebody else if that is still possible. */
  leave(): Promise<void>;
  /** Gives back every lock this node holds. */
  releaseLocks(): Promise<void>;
  /** Ends the process, with an exit code other than 0. */
  end(error: FailStopError): void;
}

export interface ResolutionStrategiesOptions {
  readonly id: NodeId;
  readonly fence: ConflictResolutionPort;
  readonly actions: StrategyActions;
  readonly flag: ShutdownFlag;
  readonly timers: Timers;
  readonly observer: Observer;
  /** A step of a shutdown that takes longer is left to itself. Default 1 s. */
  readonly stepMsMax?: number;
}

/**
 * {@link ConflictResolutionPort} with all three strategies, on top of a fence that has the first.
 *
 * `force_replica`: fenced; role and following are the coordinator's next steps. `rollback_to_checkpoint`: the history that nobody
 * else has is kept aside, and this node goes back to where it left the others'. `shutdown_safe`: the node ends its process in order
 * and does not start again until an operator has cleared its flag.
 */
export class ResolutionStrategies implements ConflictResolutionPort {
  readonly #options: ResolutionStrategiesOptions;
  readonly #stepMsMax: number;
  #ending: Promise<void> | undefined;

  constructor(options: ResolutionStrategiesOptions) {
    this.#options = options;
    this.#stepMsMax = options.stepMsMax ?? 1_000;
  }

  /** The process is being ended. */
  get isEnding(): boolean {
    return this.#ending !== undefined;
  }

  fenceWriteAccess(): Promise<void> {
    return this.#options.fence.fenceWriteAccess();
  }
  restoreWriteAccess(epoch: number): Promise<void> {
    if (this.isEnding) return Promise.reject(new SplitBrainDetectedError("This node is shutting down.", { epoch }));
    return this.#options.fence.restoreWriteAccess(epoch);
  }

  async applyResolutionStrategy(strategy: ConflictResolutionStrategy): Promise<void> {
    switch (strategy) {
      case "force_replica":
        await this.#options.fence.applyResolutionStrategy(strategy);
        return;
      case "rollback_to_checkpoint":
        await this.#rollBack();
        return;
      case "shutdown_safe":
        await this.shutDown("strategy shutdown_safe");
        return;
      default:
        throw new SplitBrainDetectedError(`Unknown strategy: ${String(strategy)}.`, { strategy });
    }
  }

  /** Ends this node in order. Single-flight: every call joins the first. Never rejects; a step that fails does not keep the others from running. */
  shutDown(reason: string): Promise<void> {
    this.#ending ??= this.#shutDown(reason);
    return this.#ending;
  }

  async #rollBack(): Promise<void> {
    const { fence, actions, observer } = this.#options;
    // Nothing is taken back from under a writer.
    await fence.applyResolutionStrategy("force_replica");
    const outcome = await actions.rollback();
    observer.point("rollback", { outcome });
  }

  async #shutDown(reason: string): Promise<void> {
    const { id, fence, flag, actions, observer } = this.#options;
    observer.state("shutdown", "under-way", { reason });
    // First of all that it stays down: whatever ends the process from here on, nobody starts it again by itself.
    const steps: readonly (readonly [string, () => Promise<void>])[] = [
      ["fence", () => fence.fenceWriteAccess()],
      ["flag", () => flag.raise({ node: id, reason })],
      ["drain", () => actions.drain()],
      ["flush", () => actions.flush()],
      ["leave", () => actions.leave()],
      ["release-locks", () => actions.releaseLocks()],
    ];
    const failed: string[] = [];
    for (const [name, step] of steps) {
      const result = await this.#bounded(name, step);
      observer.point("shutdown.step", { step: name, result });
      if (result !== "done") failed.push(name);
    }
    const what = failed.length === 0 ? "in order" : `without ${failed.join(", ")}`;
    observer.state("shutdown", "ended", { reason });
    actions.end(
      new FailStopError(`Shut down ${what}: ${reason}. Clear ${flag.path} before this node is started again.`, {
        node: id,
        reason,
        failed,
      }),
    );
  }

  /** @returns how it ended: `done`, `late`, or the error's text. */
  #bounded(name: string, step: () => Promise<void>): Promise<string> {
    return new Promise((resolve) => {
      const timeout = this.#options.timers.create(`shutdown ${name}`, () => {
        resolve("late");
      });
      timeout.arm(this.#stepMsMax);
      const settle = (result: string): void => {
        timeout.cancel();
        resolve(result);
      };
      step().then(
        () => {
          settle("done");
        },
        (error: unknown) => {
          settle(error instanceof Error ? error.message : String(error));
        },
      );
    });
  }
}
