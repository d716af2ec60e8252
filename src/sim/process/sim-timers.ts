import { assert } from "../../system/ports/errors.ts";
import type { Timer, Timers } from "../../system/ports/timers.ts";
import type { Micros, RecordId } from "../../trace/record.ts";
import type { NameId } from "../../trace/trace.ts";
import type { NodeClock } from "../clock/node-clock.ts";
import type { Entrant, Kernel } from "../kernel/kernel.ts";

const DELAY_MS_MAX = 2_147_483_647;
const NONE = Infinity;

/** Something whose moment has come, but which a paused process has to wait for. */
export interface Due {
  /** Happens now; one event of the kernel, entered at most once. */
  run(): void;
  /** The process ended before it could happen. */
  drop?(): void;
}

/** What a process lends its timers. */
export interface TimerHost extends Entrant {
  readonly clock: NodeClock;
  /** Its id's number in the trace. */
  readonly nameId: NameId;
  /** Runs `due` now, or after what is already waiting when the process is or was paused. */
  take(due: Due): void;
}

/** Registers the one handler of all timers of a cluster. @returns its number. */
export function registerTimers(kernel: Kernel): number {
  return kernel.register((generation, _b, payload) => {
    (payload as SimTimer).onEvent(generation);
  });
}

/** {@link Timers} of one incarnation: on the machine's own clock, void when the process ends. */
export class SimTimers implements Timers {
  readonly kernel: Kernel;
  readonly host: TimerHost;
  readonly handler: number;
  isOpen = true;
  /** Order in which timers were armed: decides between equal deadlines after a change of the rate. */
  armings = 0;
  readonly #pending: SimTimer[] = [];

  constructor(options: { kernel: Kernel; host: TimerHost; handler: number }) {
    this.kernel = options.kernel;
    this.host = options.host;
    this.handler = options.handler;
  }

  create(name: string, callback: () => void): Timer {
    return new SimTimer(this, name, callback);
  }

  /** Moves the events of pending timers whose deadline comes sooner at the clock's new rate; the others find out themselves. */
  remap(): void {
    const ordered = [...this.#pending].sort((a, b) => a.deadline - b.deadline || a.order - b.order);
    for (const timer of ordered) timer.remap();
  }

  /** Voids every timer. */
  close(): void {
    this.isOpen = false;
    this.#pending.length = 0;
  }

  /** @returns the place of a timer that now has an event pending. */
  track(timer: SimTimer): number {
    return this.#pending.push(timer) - 1;
  }

  untrack(place: number): void {
    const last = this.#pending.pop();
    if (last === undefined || place === this.#pending.length) return;
    this.#pending[place] = last;
    last.place = place;
  }
}

/**
 * One timer with at most one live event in the kernel. A later deadline only moves `deadline`: the event re-arms itself when it
 * fires early. An earlier one schedules a new event, and the old one is void by its generation.
 */
class SimTimer implements Timer, Due {
  /** On the machine's own clock, µs since boot. */
  deadline = 0;
  order = 0;
  /** Where the owner keeps it while it has an event pending. */
  place = -1;
  readonly #owner: SimTimers;
  readonly #name: string;
  /** Its name's number in the trace. */
  readonly #nameId: NameId;
  readonly #callback: () => void;
  #isArmed = false;
  #isWaiting = false;
  #generation = 0;
  #eventTime: Micros = NONE;
  #cause: RecordId = -1;

  constructor(owner: SimTimers, name: string, callback: () => void) {
    this.#owner = owner;
    this.#name = name;
    this.#nameId = owner.kernel.trace.name(name);
    this.#callback = callback;
  }

  get isArmed(): boolean {
    return this.#isArmed;
  }

  arm(delayMs: number): void {
    assert(
      Number.isInteger(delayMs) && delayMs >= 0 && delayMs <= DELAY_MS_MAX,
      "a timer's delay is integer ms, 0…2_147_483_647",
      { timer: this.#name, delayMs },
    );
    const owner = this.#owner;
    if (!owner.isOpen) return;
    const kernel = owner.kernel;
    const clock = owner.host.clock;
    this.deadline = clock.localMicros(kernel.now) + delayMs * 1_000;
    this.order = owner.armings++;
    this.#isArmed = true;
    this.#cause = kernel.trace.cause;
    if (this.#isWaiting) return;
    const due = clock.trueTimeOf(this.deadline, kernel.now);
    if (due < this.#eventTime) this.#schedule(due);
  }

  cancel(): void {
    // A pending event stays: it finds nothing armed, or serves the next `arm`.
    this.#isArmed = false;
  }

  /** The kernel's event. */
  onEvent(generation: number): void {
    const owner = this.#owner;
    if (generation !== this.#generation || !owner.isOpen) return;
    if (this.#isArmed && this.#isEarly()) return;
    this.#eventTime = NONE;
    owner.untrack(this.place);
    if (!this.#isArmed) return;
    this.#isWaiting = true;
    owner.host.take(this);
  }

  /** Its turn has come. While it waited for a paused process it may have been cancelled or armed anew. */
  run(): void {
    this.#isWaiting = false;
    const owner = this.#owner;
    if (!this.#isArmed || !owner.isOpen || this.#isEarly()) return;
    this.#isArmed = false;
    const { kernel, host } = owner;
    kernel.trace.cause = this.#cause;
    kernel.enter(host, kernel.trace.firedAt(host.nameId, this.#nameId), this.#callback);
  }

  remap(): void {
    if (!this.#isArmed) return;
    const due = this.#owner.host.clock.trueTimeOf(this.deadline, this.#owner.kernel.now);
    if (due < this.#eventTime) this.#schedule(due);
  }

  /** Whether the deadline is still ahead; then an event is scheduled for it. */
  #isEarly(): boolean {
    const now = this.#owner.kernel.now;
    const due = this.#owner.host.clock.trueTimeOf(this.deadline, now);
    if (due <= now) return false;
    this.#schedule(due);
    return true;
  }

  #schedule(due: Micros): void {
    const owner = this.#owner;
    if (this.#eventTime === NONE) this.place = owner.track(this);
    this.#eventTime = due;
    owner.kernel.schedule(due, owner.handler, ++this.#generation, 0, this);
  }
}
