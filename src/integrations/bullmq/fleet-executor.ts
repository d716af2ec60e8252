import type { Part } from "../../lab/explore/part.ts";
import type { Span } from "../../lab/explore/plan.ts";
import type { RunEvent } from "../../lab/explore/run-unit.ts";
import type { Executor } from "../../lab/explore/sweep.ts";
import { WorkerLostError } from "../../lab/explore/worker-pool.ts";
import { unitIdOf, type SweepOrder } from "./sweep-order.ts";
import type { QueueEvent, UnitQueue } from "./unit-queue.ts";

export interface FleetOptions {
  readonly queue: UnitQueue;
  readonly order: SweepOrder;
  /** Tells people what they may want to act on. */
  readonly say: (text: string) => void;
  /** What starts a worker, for who has none. */
  readonly workerLine: string;
  /** How often it looks after its units beside what it is told, ms. */
  readonly lookEveryMs?: number;
}

interface Pending {
  readonly unit: Span;
  readonly onRun: (run: RunEvent) => void;
  readonly resolve: (part: Part) => void;
  readonly reject: (error: unknown) => void;
}

/** The queue has refused what was asked of it several times. What was done until then is written. */
export class FleetError extends WorkerLostError {
  override name = "FleetError";
  override readonly code = "FLEET_REDIS";
}

const LOOK_EVERY_MS = 5_000;
/** Looks after which it says that nobody works. */
const IDLE_LOOKS = 2;
/** Looks in a row that may fail. */
const FAILURES_MAX = 3;
/** Units on the queue at once: more than any fleet takes before the next look, unless their scenarios are many. */
const WIDTH = { min: 16, max: 512, bytes: 32 << 20 } as const;
/** How long taking things off the queue may hold up the end, ms; what stays there goes away by its age. */
const CLEANUP_MS = 2_000;

/**
 * Runs units on whatever workers take them from a queue. What the queue tells is taken as a hint only: it looks after its units
 * itself, and puts those that a queue has forgotten on it again.
 */
export class FleetExecutor implements Executor {
  readonly width: number;
  readonly #options: FleetOptions;
  readonly #pending = new Map<string, Pending>();
  readonly #removals = new Set<Promise<void>>();
  readonly #refusals = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  #isStopped = false;
  #isLooking = false;
  #failures = 0;
  #idleLooks = 0;

  constructor(options: FleetOptions) {
    this.#options = options;
    const size = JSON.stringify(options.order).length;
    this.width = Math.max(WIDTH.min, Math.min(WIDTH.max, Math.floor(WIDTH.bytes / size)));
    options.queue.listen((event) => {
      this.#hear(event);
    });
    this.#timer = setInterval(() => void this.look(), options.lookEveryMs ?? LOOK_EVERY_MS);
  }

  run(unit: Span, onRun: (run: RunEvent) => void): Promise<Part> {
    if (this.#isStopped) return Promise.resolve(nothingOf(unit));
    return new Promise((resolve, reject) => {
      const id = unitIdOf(this.#options.order.sweep, unit);
      this.#pending.set(id, { unit, onRun, resolve, reject });
      // One that was done while nobody asked is there already.
      void this.#trying(() => this.#offer(id).then(() => this.#settle(id)));
    });
  }

  /** A part is kept: its unit may leave the queue. */
  forget(part: Span): void {
    this.#remove(unitIdOf(this.#options.order.sweep, part));
  }

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    for (const [id, { unit, resolve }] of this.#pending) {
      // A unit that somebody works on stays, and is there for who goes on with the sweep.
      this.#remove(id);
      resolve(nothingOf(unit));
    }
    this.#pending.clear();
  }

  async close(): Promise<void> {
    this.stop();
    clearInterval(this.#timer);
    const removed = Promise.allSettled(this.#removals);
    let timeout: NodeJS.Timeout | undefined;
    await Promise.race([removed, new Promise((resolve) => (timeout = setTimeout(resolve, CLEANUP_MS)))]);
    clearTimeout(timeout);
    await this.#options.queue.close();
  }

  /** Looks after every unit: what has ended without a word, and what the queue has forgotten. */
  async look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    await this.#trying(async () => {
      let lost = 0;
      let active = 0;
      for (const id of [...this.#pending.keys()]) {
        const state = await this.#options.queue.stateOf(id);
        if (!this.#pending.has(id)) continue;
        if (state === "absent") {
          lost++;
          await this.#offer(id);
        } else if (state === "active") active++;
        else if (state !== "waiting") await this.#settle(id);
      }
      this.#failures = 0;
      if (lost > 0) this.#options.say(`The queue had forgotten ${units(lost)}: put there again.`);
      this.#idleLooks = active > 0 || this.#pending.size === 0 ? 0 : this.#idleLooks + 1;
      if (this.#idleLooks === IDLE_LOOKS)
        this.#options.say(
          `Nobody works on this sweep; waiting: ${units(this.#pending.size)}. ${this.#options.workerLine}`,
        );
    });
    this.#isLooking = false;
  }

  async #offer(id: string): Promise<void> {
    const { queue, order } = this.#options;
    const pending = this.#pending.get(id);
    if (pending !== undefined) await queue.add(id, { order, unit: pending.unit });
  }

  /** Takes what a unit gave, if it has ended. */
  async #settle(id: string): Promise<void> {
    const outcome = await this.#options.queue.outcomeOf(id);
    const pending = this.#pending.get(id);
    if (outcome === undefined || pending === undefined) return;
    this.#pending.delete(id);
    this.#idleLooks = 0;
    const { unit, onRun, resolve, reject } = pending;
    if ("failure" in outcome) {
      // Who goes on with the sweep has it tried again.
      this.#remove(id);
      reject(new WorkerLostError(outcome.failure));
      return;
    }
    const { part } = outcome;
    if (part.from !== unit.from || part.to !== unit.to) {
      this.#remove(id);
      reject(new WorkerLostError(`A worker gave other runs than those of unit ${id}.`));
      return;
    }
    const failures = new Map(part.failures.map((failure) => [failure.place, failure]));
    for (let place = unit.from; place < unit.to; place++) {
      const failure = failures.get(place);
      onRun({ place, exitCode: failure?.exitCode ?? 0, what: failure?.what[0] ?? "" });
    }
    resolve(part);
  }

  #hear(event: QueueEvent): void {
    if (event.type === "away") this.#options.say(`${event.reason} The sweep waits for it.`);
    else if (event.type === "back") {
      this.#options.say("The queue answers again.");
      void this.look();
    } else if (!this.#pending.has(event.id)) return;
    else if (event.type === "refused") this.#tellRefusal(event.worker, event.reason);
    else if (event.type === "taken") this.#idleLooks = 0;
    else void this.#trying(() => this.#settle(event.id));
  }

  #tellRefusal(worker: string, reason: string): void {
    const text = `Worker ${worker} refuses this sweep: ${reason}`;
    if (this.#refusals.has(text)) return;
    this.#refusals.add(text);
    this.#options.say(text);
  }

  #remove(id: string): void {
    const removal: Promise<void> = this.#options.queue
      .remove(id)
      .catch(() => undefined)
      .finally(() => this.#removals.delete(removal));
    this.#removals.add(removal);
  }

  /** What fails is tried again with the next look; what fails again and again ends the sweep. */
  async #trying(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (this.#isStopped || ++this.#failures < FAILURES_MAX) return;
      const reason = error instanceof Error ? error.message : String(error);
      const lost = new FleetError(`The queue does not do what it is asked (${reason}).`);
      for (const { reject } of this.#pending.values()) reject(lost);
      this.#pending.clear();
    }
  }
}

function nothingOf(unit: Span): Part {
  return { ...unit, to: unit.from, tallies: {}, failures: [] };
}

function units(count: number): string {
  return `${String(count)} ${count === 1 ? "unit" : "units"}`;
}
