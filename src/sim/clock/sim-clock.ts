import type { Clock } from "../../system/ports/clock.ts";
import type { Micros } from "../../trace/record.ts";
import type { NodeClock } from "./node-clock.ts";

/** What tells the virtual time. */
export interface TimeSource {
  readonly now: Micros;
}

/** {@link Clock} of a virtual machine: what its {@link NodeClock} shows at the time of the current event. */
export class SimClock implements Clock {
  readonly #time: TimeSource;
  readonly #clock: NodeClock;

  constructor(options: { time: TimeSource; clock: NodeClock }) {
    this.#time = options.time;
    this.#clock = options.clock;
  }

  wall(): number {
    return this.#clock.wall(this.#time.now);
  }

  monotonic(): number {
    return this.#clock.monotonic(this.#time.now);
  }
}
