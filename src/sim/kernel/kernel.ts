import { runInThisContext } from "node:vm";
import type { Micros, RecordId } from "../../trace/record.ts";
import type { TraceWriter } from "../../trace/trace-writer.ts";
import { chooseDrain, drainTicks, inTurn, inTurns, type DrainMode } from "./drain.ts";
import { running, trapEscapes, type Escape } from "./escapes.ts";
import type { EventQueue } from "./event-queue.ts";
import { RingQueue } from "./ring-queue.ts";

export type EventHandler = (a: number, b: number, payload: unknown) => void;

/** Somebody whose code runs inside the simulation. */
export interface Entrant {
  /** Who it is, for errors: the node's id. */
  readonly name: string;
  /** Takes what its code threw, or rejected without a handler. */
  onError(error: unknown, isRejection?: boolean): void;
}

/** Why a run cannot go on. `code` is `ESCAPE`, `DRAIN_WITHOUT_END`, `STARVED`, `EVENT_LIMIT` or `TIME_ORDER`. */
export class KernelError extends Error {
  override name = "KernelError";
  readonly code: string;
  readonly facts: Readonly<Record<string, string | number>>;
  constructor(code: string, message: string, facts: Readonly<Record<string, string | number>>) {
    super(message);
    this.code = code;
    this.facts = facts;
  }
}

export interface KernelOptions {
  readonly trace: TraceWriter;
  /** Bound on the events of a run. Default 100 million. */
  readonly maxEvents?: number;
  /** Real milliseconds after which a slice of events that does not end is stopped. Default 30,000. */
  readonly hangMs?: number;
  /** For the test that both give equal digests; chosen by a self-test otherwise. */
  readonly drain?: DrainMode;
  /** Events handled before the real event loop gets a turn. Default 65,536. */
  readonly sliceEvents?: number;
  /** Awaited after each slice: gives what is late from the real world time to come while the run goes on. */
  readonly betweenSlices?: () => Promise<void>;
  /**
   * Hears of every escape. With it escapes do not end the run: what only reads goes on with the real value, anything else throws
   * into the program as always. Such a run is for looking, not for judging.
   */
  readonly onEscape?: (escape: LocatedEscape) => void;
}

/** An {@link Escape} and when it happened. */
export interface LocatedEscape extends Escape {
  readonly timeUs: Micros;
  /** The record whose handling left the simulation; −1 for none. */
  readonly record: RecordId;
}

/** Events a slice runs before the real event loop gets a turn (signals, progress). */
const SLICE_EVENTS = 65_536;
/** Events of a slice that any machine handles within a moment, if they end. */
export const SHORT_SLICE_EVENTS = 1_024;
/** Taken before it is trapped. */
const cpuUsage = process.cpuUsage.bind(process);
/** A slice takes some 100 ms; on a machine with ten times the work it can do, some seconds. */
const HANG_MS = 30_000;
/** Immediates asked for at once: before and after them the real event loop goes round. */
const TURNS = 1_024;
/** Events handled by one call. */
const BATCH = 128;
const SLICE = Symbol.for("faultline.slice");

/**
 * Virtual time and the order of everything. Knows no node and no network: only events, who runs now, and how to run their code
 * to quiescence before the next event.
 */
export class Kernel {
  readonly trace: TraceWriter;
  /** Virtual time of the event being handled. */
  now: Micros = 0;
  /** Events handled so far. */
  events = 0;
  readonly #queue: EventQueue = new RingQueue();
  readonly #handlers: EventHandler[] = [];
  readonly #maxEvents: number;
  readonly #hangMs: number;
  readonly #sliceEvents: number;
  readonly #betweenSlices: (() => Promise<void>) | undefined;
  #mode: DrainMode | undefined;
  #entered: Entrant | undefined;
  #failure: Error | undefined;
  /** Why the run goes no further: somebody stopped it, or no event is left at or before the time it goes to. */
  #ending: "stopped" | "at the end" | undefined;
  /** What the current entrant threw; bound once, so that entering allocates nothing. */
  readonly #onError = (error: unknown, isRejection?: boolean): void => {
    this.#entered?.onError(error, isRejection);
  };
  readonly #onEscape = (escape: Escape): boolean => {
    const located: LocatedEscape = { ...escape, timeUs: this.now, record: this.trace.cause };
    if (this.#tellEscape !== undefined) {
      this.#tellEscape(located);
      return escape.kind === "read";
    }
    const message = `Node "${escape.node}" called ${escape.api} at ${String(this.now)} µs.`;
    this.fail(new KernelError("ESCAPE", message, { ...located }));
    return false;
  };
  readonly #tellEscape: KernelOptions["onEscape"];

  constructor(options: KernelOptions) {
    this.trace = options.trace;
    this.#maxEvents = options.maxEvents ?? 100_000_000;
    this.#hangMs = options.hangMs ?? HANG_MS;
    this.#mode = options.drain;
    this.#tellEscape = options.onEscape;
    this.#sliceEvents = options.sliceEvents ?? SLICE_EVENTS;
    this.#betweenSlices = options.betweenSlices;
  }

  get pending(): number {
    return this.#queue.size;
  }

  /** Names a handler once; events refer to it by number. */
  register(handler: EventHandler): number {
    return this.#handlers.push(handler) - 1;
  }

  /** Schedules an event at `time` ≥ now; equal times run in the order in which they were scheduled. */
  schedule(time: Micros, handler: number, a: number, b: number, payload?: unknown): void {
    if (!(time >= this.now))
      throw new KernelError("TIME_ORDER", `An event was scheduled at ${String(time)} µs, before now.`, {
        time,
        now: this.now,
      });
    this.#queue.push(time, handler, a, b, payload);
  }

  /** Ends the run with an error after the current event. */
  fail(error: Error): void {
    this.#failure ??= error;
  }

  /** Ends the run in an orderly way after the current event. */
  stop(): void {
    this.#ending = "stopped";
  }

  /**
   * Runs code of `entrant` and everything it leads to (promises, ticks), as part of the current event. At most once an event.
   *
   * @param cause The record whose handling this is.
   */
  enter(entrant: Entrant, cause: RecordId, code: () => void): void {
    if (this.#entered !== undefined)
      throw new KernelError(
        "NESTED_ENTRY",
        `"${entrant.name}" was entered inside an event of "${this.#entered.name}".`,
        {},
      );
    this.#entered = entrant;
    running.node = entrant.name;
    running.onError = this.#onError;
    running.onEscape = this.#onEscape;
    this.trace.cause = cause;
    try {
      code();
    } catch (error) {
      entrant.onError(error);
    }
    if (this.#mode === "turn") return;
    drainTicks();
    this.#leave();
  }

  #leave(): void {
    this.#entered = undefined;
    running.node = undefined;
    this.trace.cause = -1;
  }

  /**
   * Runs every event up to and including `until`, then sets the time to it.
   *
   * @throws {KernelError} when node code escapes, an event never ends, or there are more events than allowed.
   */
  async run(until: Micros): Promise<void> {
    const release = trapEscapes();
    this.#ending = undefined;
    try {
      for (;;) {
        // A drain works only below a macrotask, so each slice starts in one.
        this.#mode ??= await inTurn(chooseDrain);
        if (this.#mode === "turn") await this.#turnSlice(until);
        else
          await inTurn(() => {
            this.#guardedSlice(until);
          });
        if (this.#failure !== undefined) throw this.#failure;
        if (this.#hasEnded("stopped")) return;
        if (this.#hasEnded("at the end")) break;
        if (this.#betweenSlices !== undefined) await this.#betweenSlices();
      }
      this.now = until;
      this.trace.time = until;
    } finally {
      this.#leave();
      release();
    }
  }

  #hasEnded(how: "stopped" | "at the end"): boolean {
    return this.#ending === how;
  }

  /** Handles the next event. @returns false when the run does not go on. */
  #step(until: Micros): boolean {
    const queue = this.#queue;
    if (this.#failure !== undefined || this.#ending !== undefined) return false;
    if (!queue.pop(until)) {
      this.#ending = "at the end";
      return false;
    }
    if (++this.events > this.#maxEvents) {
      this.fail(
        new KernelError("EVENT_LIMIT", `The run has more than ${String(this.#maxEvents)} events.`, {
          events: this.#maxEvents,
          timeUs: this.now,
        }),
      );
      return false;
    }
    this.now = queue.time;
    this.trace.time = queue.time;
    this.trace.cause = -1;
    (this.#handlers[queue.handler] as EventHandler)(queue.a, queue.b, queue.payload);
    return true;
  }

  readonly #slice = (until: Micros): void => {
    for (let left = this.#sliceEvents; left > 0; left -= BATCH) if (!this.#steps(until, Math.min(left, BATCH))) return;
  };

  /** Handles the next events, in a function that is called often: a loop that is entered once a slice is never compiled well. */
  #steps(until: Micros, count: number): boolean {
    for (let i = 0; i < count; i++) if (!this.#step(until)) return false;
    return true;
  }

  /** A slice below the runtime's own watchdog: a loop that never ends, even of microtasks, becomes an error with a name. */
  #guardedSlice(until: Micros): void {
    const holder = globalThis as unknown as Record<symbol, unknown>;
    const before = cpuUsage();
    holder[SLICE] = () => {
      this.#slice(until);
    };
    try {
      runInThisContext(`globalThis[Symbol.for("faultline.slice")]()`, { timeout: this.#hangMs });
    } catch (error) {
      if ((error as { code?: string }).code !== "ERR_SCRIPT_EXECUTION_TIMEOUT") throw error;
      const node = running.node ?? "";
      // The watchdog knows real time only. Code that hangs takes what it is given; a slice that was given little may have been long,
      // and a short one that was given next to nothing did not hang.
      const { user, system } = cpuUsage(before);
      const cpuMs = Math.round((user + system) / 1_000);
      const isStarved = cpuMs * (this.#sliceEvents > SHORT_SLICE_EVENTS ? 2 : 10) < this.#hangMs;
      const starved = ` The machine gave the process only ${String(cpuMs)} ms of it: run again when it does less.`;
      throw new KernelError(
        isStarved ? "STARVED" : "DRAIN_WITHOUT_END",
        `Code of node "${node}" did not come to rest within ${String(this.#hangMs)} ms of real time at ${String(this.now)} µs.${isStarved ? starved : ""}`,
        { node, timeUs: this.now },
      );
    } finally {
      holder[SLICE] = undefined;
    }
  }

  /** As a slice, but each event that enters somebody's code is drained by the runtime itself, between two immediates. */
  #turnSlice(until: Micros): Promise<void> {
    let left = this.#sliceEvents;
    const turn = (): boolean => {
      this.#leave();
      while (left-- > 0 && this.#step(until)) if (this.#isEntered()) return true;
      return false;
    };
    return inTurns(Math.min(TURNS, left), turn, () => {
      this.#leave();
    });
  }

  #isEntered(): boolean {
    return this.#entered !== undefined;
  }
}
