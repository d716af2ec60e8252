import type { Part } from "../../lab/explore/part.ts";
import type { UnitJob } from "./sweep-order.ts";

/** Where a unit is. Whoever works on one and vanishes gives it back after a while. */
export type UnitState = "waiting" | "active" | "done" | "failed" | "absent";

/** How a unit ended. */
export type UnitOutcome = { readonly part: Part } | { readonly failure: string };

/** What a queue tells as it happens; none of it is sure to arrive. */
export type QueueEvent =
  | { readonly type: "taken" | "ended"; readonly id: string }
  | { readonly type: "refused"; readonly id: string; readonly worker: string; readonly reason: string }
  /** The queue cannot be reached; calls wait until it is back. */
  | { readonly type: "away"; readonly reason: string }
  | { readonly type: "back" };

/** The side of a queue on which a sweep stands. */
export interface UnitQueue {
  /** Puts a unit on the queue; nothing happens when it is there already, in whatever state. */
  add(id: string, job: UnitJob): Promise<void>;
  stateOf(id: string): Promise<UnitState>;
  /** @returns `undefined` while it has not ended. */
  outcomeOf(id: string): Promise<UnitOutcome | undefined>;
  /** Takes a unit off the queue, with its outcome; not one that somebody works on. */
  remove(id: string): Promise<void>;
  /** Takes all units of a sweep off the queue, but those that somebody works on. */
  abandon(sweep: string): Promise<void>;
  listen(listener: (event: QueueEvent) => void): void;
  close(): Promise<void>;
}

/** What a worker says to a unit it was given. */
export type UnitAnswer =
  | { readonly part: Part }
  /** It ends before the unit does: another shall have it. */
  | { readonly returned: true }
  /** It must not run it, for this reason: others may. */
  | { readonly refused: string };

/** The side of a queue on which a worker stands. It takes units until it is closed. */
export interface UnitServer {
  /** Takes no further unit, waits for those that were taken to be answered, and leaves. @returns whether the queue heard of it. */
  close(): Promise<boolean>;
}
