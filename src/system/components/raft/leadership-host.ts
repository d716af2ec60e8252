import type { Clock } from "../../ports/clock.ts";
import type { NodeId } from "../../ports/node.ts";
import type { Observer } from "../../ports/observer.ts";
import type { Timers } from "../../ports/timers.ts";
import type { RaftConfig } from "./raft-config.ts";
import type { RaftMessage } from "./raft-messages.ts";
import type { ReplicatedLog } from "./replicated-log.ts";

/** What a leadership needs of its node. */
export interface LeadershipHost {
  readonly id: NodeId;
  /** Name of this node's own disk. */
  disk(): string;
  readonly config: RaftConfig;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly observer: Observer;
  readonly log: ReplicatedLog;
  /** Whether leadership may be given to a node, as far as is known here. */
  isTransferTarget(id: NodeId): boolean;
  send(to: NodeId, message: RaftMessage): void;
  stepDown(reason: string): void;
  onLeaseChange(isValid: boolean): void;
}
