import type { Clock } from "../ports/clock.ts";

/**
 * {@link Clock} of this machine.
 *
 * @remarks `monotonic` counts from the start of the process, which stands for the boot of the node. It runs on while the process is
 * stopped (SIGSTOP). On Linux it stands still while the whole machine sleeps: a lease must not be trusted across a suspend.
 */
export class SystemClock implements Clock {
  wall(): number {
    return Math.floor(Date.now());
  }
  monotonic(): number {
    return Math.floor(performance.now());
  }
}
