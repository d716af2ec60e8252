import { FaultlineError } from "../ports/errors.ts";
import type { Timer, Timers } from "../ports/timers.ts";

const DELAY_MS_MAX = 2_147_483_647;

interface Pending {
  /** In fractional milliseconds of the process's monotonic clock. */
  deadline: number;
  /** Order of arming; settles equal deadlines. */
  sequence: number;
  readonly callback: () => void;
}

/**
 * {@link Timers} on the process's monotonic clock.
 *
 * All timers share one runtime timeout, set for the earliest deadline. The runtime keeps one list for each duration and, after
 * a pause, empties list by list; one list of our own keeps the order of deadlines that the port promises. It also fires up
 * to a millisecond early at times: then the deadline is looked at again and waited for.
 */
export class SystemTimers implements Timers {
  // Ordered by (deadline, sequence).
  readonly #pending: Pending[] = [];
  #sequence = 0;
  #isClosed = false;
  #wake: { readonly at: number; cancel(): void } | undefined;

  create(_name: string, callback: () => void): Timer {
    return new SystemTimer(this, callback);
  }

  /** Cancels every timer and ignores later arming: the end of the node. */
  close(): void {
    this.#isClosed = true;
    this.#pending.length = 0;
    this.#schedule();
  }

  /** Timers armed now. */
  get armedCount(): number {
    return this.#pending.length;
  }

  /** @internal Called by the timers themselves. */
  arm(delayMs: number, callback: () => void): Pending {
    if (!Number.isInteger(delayMs) || delayMs < 0 || delayMs > DELAY_MS_MAX) {
      throw new FaultlineError(
        "TIMER_DELAY_RANGE",
        `arm(${String(delayMs)}): expected an integer 0…${String(DELAY_MS_MAX)}.`,
        { delayMs },
      );
    }
    const pending: Pending = { deadline: performance.now() + delayMs, sequence: this.#sequence++, callback };
    if (this.#isClosed) return pending;
    this.#pending.splice(this.#placeOf(pending), 0, pending);
    this.#schedule();
    return pending;
  }

  /** @internal */
  cancel(pending: Pending): void {
    const place = this.#placeOf(pending);
    if (this.#pending[place] !== pending) return;
    this.#pending.splice(place, 1);
    // A wake-up that is now too early is left alone: it looks, finds nothing due and sets itself anew.
    if (this.#pending.length === 0) this.#schedule();
  }

  /** Index of the first entry that is not before `entry`. */
  #placeOf(entry: Pending): number {
    let low = 0;
    let high = this.#pending.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#pending[middle] as Pending;
      const isBefore =
        other.deadline < entry.deadline || (other.deadline === entry.deadline && other.sequence < entry.sequence);
      if (isBefore) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #schedule(): void {
    const first = this.#pending[0];
    if (first !== undefined && this.#wake !== undefined && this.#wake.at <= first.deadline) return;
    this.#wake?.cancel();
    this.#wake = undefined;
    if (first === undefined) return;
    const waitMs = Math.ceil(first.deadline - performance.now());
    if (waitMs <= 0) {
      const immediate = setImmediate(this.#onWake);
      this.#wake = { at: first.deadline, cancel: () => clearImmediate(immediate) };
    } else {
      const timeout = setTimeout(this.#onWake, Math.min(waitMs, DELAY_MS_MAX));
      this.#wake = { at: first.deadline, cancel: () => clearTimeout(timeout) };
    }
  }

  // One callback a turn, so that the promises it settled run before the next one, as in the simulator.
  readonly #onWake = (): void => {
    this.#wake = undefined;
    const first = this.#pending[0];
    const isDue = first !== undefined && first.deadline <= performance.now();
    if (isDue) this.#pending.shift();
    this.#schedule();
    if (isDue) first.callback();
  };
}

class SystemTimer implements Timer {
  readonly #timers: SystemTimers;
  readonly #callback: () => void;
  #pending: Pending | undefined;

  constructor(timers: SystemTimers, callback: () => void) {
    this.#timers = timers;
    this.#callback = () => {
      this.#pending = undefined;
      callback();
    };
  }

  get isArmed(): boolean {
    return this.#pending !== undefined;
  }

  arm(delayMs: number): void {
    this.cancel();
    this.#pending = this.#timers.arm(delayMs, this.#callback);
  }

  cancel(): void {
    if (this.#pending !== undefined) this.#timers.cancel(this.#pending);
    this.#pending = undefined;
  }
}
