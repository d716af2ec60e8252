import { assert } from "../../system/ports/errors.ts";
import type { WatchdogPort } from "../../system/ports/watchdog.ts";
import type { Micros, RecordId } from "../../trace/record.ts";
import type { Kernel } from "../kernel/kernel.ts";

export interface SimWatchdogOptions {
  readonly kernel: Kernel;
  /** The kernel's handler of work (`b` = its cause, payload = the work). */
  readonly workHandler: number;
  /** Ends the process. */
  bite(): void;
}

/**
 * {@link WatchdogPort} of one incarnation, as the machine's own hardware: it counts true time, and a pause of the process does not
 * stop it.
 */
export class SimWatchdog implements WatchdogPort {
  readonly #options: SimWatchdogOptions;
  #timeout: Micros = 0;
  #deadline: Micros = Infinity;
  /** When its one pending event comes; a later deadline lets it come early and go again. */
  #eventTime: Micros = Infinity;
  #generation = 0;
  #isOpen = true;

  constructor(options: SimWatchdogOptions) {
    this.#options = options;
  }

  arm(timeoutMs: number): void {
    assert(Number.isInteger(timeoutMs) && timeoutMs >= 1, "a watchdog's timeout is integer ms, from 1", { timeoutMs });
    if (!this.#isOpen) return;
    this.#timeout = timeoutMs * 1_000;
    this.#begin();
  }

  feed(): void {
    if (this.#deadline !== Infinity) this.#begin();
  }

  disarm(): void {
    this.#deadline = Infinity;
  }

  /** The process ended: there is nothing left to end. */
  close(): void {
    this.#isOpen = false;
    this.#deadline = Infinity;
  }

  #begin(): void {
    this.#deadline = this.#options.kernel.now + this.#timeout;
    if (this.#deadline < this.#eventTime) this.#schedule();
  }

  #schedule(): void {
    const { kernel, workHandler } = this.#options;
    const generation = ++this.#generation;
    this.#eventTime = this.#deadline;
    // What was fed last is why it bites now.
    kernel.schedule(this.#deadline, workHandler, 0, kernel.trace.cause, (_cause: RecordId) => {
      if (generation === this.#generation) this.#onEvent();
    });
  }

  #onEvent(): void {
    this.#eventTime = Infinity;
    if (this.#deadline === Infinity) return;
    if (this.#deadline > this.#options.kernel.now) this.#schedule();
    else this.#options.bite();
  }
}
