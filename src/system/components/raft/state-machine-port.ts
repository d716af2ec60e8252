import type { Plain } from "../../ports/transport.ts";
import type { LogEntry } from "./raft-log.ts";

/** What the state machine did with an entry; `hasEffect` is false for a repeated command. */
export interface Applied {
  readonly result: Plain;
  readonly hasEffect: boolean;
}

/** A state machine that a replicated log is applied to. One that gives no snapshot has its log applied from the start, whenever it starts. */
export interface StateMachinePort {
  /** Applies a committed command, once, in order. `hasEffect` is false for a repeated one. */
  apply(entry: LogEntry): Applied;
  /**
   * Everything that {@link StateMachinePort.restore} needs, client sessions included: the same at every member that applied the same
   * commands. The commands that come next do not change what was given.
   */
  snapshot?(): Plain;
  /** Goes on from a snapshot in place of what it has. */
  restore?(state: Plain): void;
}
