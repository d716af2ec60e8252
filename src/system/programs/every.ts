import type { Timer, Timers } from "../ports/timers.ts";

/**
 * Runs a callback now, that is after the current event, and from then on once a period until the timer is cancelled. It is armed
 * before the callback runs, so that the callback may cancel it. A paused process catches up with one late run, not with all it missed.
 *
 * @param spec.name      What it is for, in words a reader of the timeline understands.
 * @param spec.periodMs  Integer ms of the node's monotonic clock, ≥ 1.
 * @throws {RangeError} for another period.
 */
export function every(
  timers: Timers,
  spec: { readonly name: string; readonly periodMs: number },
  callback: () => void,
): Timer {
  const { name, periodMs } = spec;
  if (!Number.isSafeInteger(periodMs) || periodMs < 1)
    throw new RangeError(`The period of "${name}" is ${String(periodMs)}; expected an integer of at least 1 ms.`);
  const timer = timers.create(name, () => {
    timer.arm(periodMs);
    callback();
  });
  timer.arm(0);
  return timer;
}
