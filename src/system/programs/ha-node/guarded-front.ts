import { NotPrimaryError } from "../../ports/database-errors.ts";
import type { NodeEnv } from "../../ports/node.ts";
import type { WriteGate } from "../../components/failover/write-gate.ts";
import { SplitBrainGuard } from "../../components/guard/split-brain-guard.ts";
import type { SplitBrainCoordinator, SplitBrainEvent } from "../../components/split-brain/split-brain-coordinator.ts";
import type { KvRequest } from "../kv/protocol.ts";

/** Configuration of the guard before a node's requests. */
export interface GuardedFrontConfig {
  /** Requests between two checks. Default 100. */
  readonly interval?: number;
  /** Ms between two checks by time. Default 100; 0 for none. */
  readonly pollMs?: number;
}

/** The application in front of a node: counts its requests and has the guard admit each, before the node's own gate is asked. */
export class GuardedFront {
  readonly #guard: SplitBrainGuard;
  readonly #observer: NodeEnv["observer"];

  constructor(options: {
    readonly env: NodeEnv;
    readonly config: GuardedFrontConfig;
    readonly coordinator: SplitBrainCoordinator;
    readonly gate: WriteGate;
    leader(): string;
  }) {
    const { env, config, coordinator, gate } = options;
    const { id: nodeId, clock, timers, observer } = env;
    this.#observer = observer;
    this.#guard = new SplitBrainGuard({
      coordinator,
      clock,
      timers,
      observer,
      nodeId,
      ...config,
      primary: {
        isPrimary: () => gate.canWrite,
        primaryHostname: () => {
          const leader = options.leader();
          return leader === "" || leader === nodeId ? undefined : leader;
        },
      },
    });
    void this.#guard.start();
  }

  stop(): void {
    this.#guard.stop();
  }

  noteEvent(event: SplitBrainEvent): void {
    this.#guard.noteEvent(event);
  }

  /** @returns code of the error for which the request is refused; `undefined` when it is let through, which is at once then. */
  async admit({ client, seq, id, operation }: KvRequest): Promise<string | undefined> {
    const refusal = await this.#guard.request(operation);
    if (operation === "write") {
      const primary = refusal instanceof NotPrimaryError ? (refusal.primaryHostname ?? "") : "";
      this.#observer.point("guard.write", { client, seq, id, verdict: refusal?.code ?? "pass", primary });
    }
    return refusal?.code;
  }
}
