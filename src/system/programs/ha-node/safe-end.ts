import { FailStopError } from "../../ports/errors.ts";
import type { NodeEnv } from "../../ports/node.ts";
import { requireOwner } from "../../components/raft/disk-owner.ts";
import { ShutdownFlag } from "../../components/split-brain/shutdown-flag.ts";
import { ResolutionStrategies } from "../../components/split-brain/strategies.ts";
import type { WriteFence } from "../../components/split-brain/write-fence.ts";
import type { StoreBackend } from "./store-backend.ts";

/** The strategies of an `ha-node`, and what keeps one that shut itself down from starting again. */
export class SafeEnd {
  readonly strategies: ResolutionStrategies;
  readonly #env: NodeEnv;
  readonly #flag: ShutdownFlag;
  #isCleared = false;

  constructor(options: {
    readonly env: NodeEnv;
    readonly fence: WriteFence;
    readonly store: StoreBackend;
    /** Resolves when all that was let in has its answer. */
    drained(): Promise<unknown>;
    /** Resolves when everything this node has written is durable. */
    flush(): Promise<void>;
    /** Gives up leadership, which is the one lock that an `ha-node` holds. */
    leave(): Promise<void>;
  }) {
    const { env, fence, store } = options;
    const { id, disk, timers, observer } = env;
    this.#env = env;
    this.#flag = new ShutdownFlag({ disk });
    this.strategies = new ResolutionStrategies({
      ...{ id, fence, timers, observer },
      flag: this.#flag,
      actions: {
        rollback: () => store.rollback(),
        drain: async () => {
          await options.drained();
        },
        flush: () => options.flush(),
        leave: () => options.leave(),
        // The lease went with the leadership, and the marker with the fence.
        releaseLocks: () => {
          store.releaseLocks?.();
          return Promise.resolve();
        },
        end: (error) => {
          // Nobody catches it: it leaves the program, and so ends its process.
          void Promise.reject(error);
        },
      },
    });
  }

  /** An operator lets the node start again. Heard before the node has looked, or of no use until its next start. */
  clear(): void {
    this.#isCleared = true;
  }

  /** @throws {FailStopError} when a former life shut itself down and nobody has cleared that; or when it was another node's. */
  async mayStart(): Promise<void> {
    const { id, incarnation, observer } = this.#env;
    // Whoever starts for the first time has no past.
    const note = incarnation > 1 ? await this.#flag.read() : undefined;
    if (note === undefined) return;
    requireOwner(note.node, id, this.#flag.path);
    const { reason } = note;
    if (!this.#isCleared) {
      observer.state("shutdown", "refuses-to-start", { reason });
      throw new FailStopError(`This node shut itself down (${reason}). Look at it, then clear ${this.#flag.path}.`, {
        node: id,
        reason,
      });
    }
    await this.#flag.clear();
    observer.point("shutdown.cleared", { reason });
  }
}
