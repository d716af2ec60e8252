import type { Micros } from "../../trace/record.ts";

/** Pending events in the total order (time, sequence of insertion). */
export interface EventQueue {
  readonly size: number;
  /** @param time At least the time of the last event that was popped. */
  push(time: Micros, handler: number, a: number, b: number, payload: unknown): void;
  /** Takes the first event into the fields below. @returns false when there is none at or before `until`. */
  pop(until: Micros): boolean;
  readonly time: Micros;
  readonly handler: number;
  readonly a: number;
  readonly b: number;
  readonly payload: unknown;
}
