import type { Clock } from "../../ports/clock.ts";
import { NotPrimaryError, SplitBrainError, type DatabaseError } from "../../ports/database-errors.ts";
import { LiteFSConfigError } from "../../ports/errors.ts";
import { silentLog, type Log } from "../../ports/log.ts";
import { silentObserver, type Observer } from "../../ports/observer.ts";
import type { Timer, Timers } from "../../ports/timers.ts";
import type { SplitBrainEvent } from "../split-brain/split-brain-coordinator.ts";
import { CoordinatorWatch, type CoordinatorSource } from "./coordinator-watch.ts";
import {
  isSplit,
  type CheckCause,
  type GuardEdge,
  type GuardPrimary,
  type GuardState,
  type SplitBrainSignal,
} from "./guard-state.ts";
import { Signal } from "./signal.ts";

/** Settings of a guard. Times are integer ms. */
export interface SplitBrainGuardOptions {
  /** The coordinator, or how to make it: then it is made at {@link SplitBrainGuard.start} or at the first request. */
  readonly coordinator: CoordinatorSource;
  readonly clock: Clock;
  /** For the check by time. Without them it is made at the first request after {@link pollMs}, so an idle node is not checked. */
  readonly timers?: Timers;
  /** `DETECT_SPLIT_BRAIN`. Default true; false leaves the check for the primary alone. */
  readonly isEnabled?: boolean;
  /** `SPLIT_BRAIN_CHECK_INTERVAL`: a check before every so many requests, reads included. Default 100. */
  readonly interval?: number;
  /** A check after so long. Default 100; 0 for none. */
  readonly pollMs?: number;
  /** A check that does not end within this has failed. Default 1,000. */
  readonly checkMsMax?: number;
  /** Default: this node counts as the primary, and only its database refuses. */
  readonly primary?: GuardPrimary;
  readonly nodeId?: string;
  /** Every change of state. It must not throw. */
  readonly onState?: (edge: GuardEdge) => void;
  readonly observer?: Observer;
  readonly log?: Log;
}

/**
 * Stands before an application's writes: checks for split-brain by count, by time and at every write, and refuses writes unless
 * the state is known to be healthy and this node is the primary. Reads always pass.
 *
 * Knows no framework: `expressGuard`, `fastifyGuard` and `honoGuard` of `faultline/live` are its faces. It is the outer gate; what
 * a write still needs at its commit is `GuardedDatabase`'s to ask.
 */
export class SplitBrainGuard {
  /** Sent once when a split-brain begins, not at every check that still finds it. */
  readonly splitBrainDetected = new Signal<SplitBrainSignal>();
  readonly #options: SplitBrainGuardOptions;
  readonly #interval: number;
  readonly #pollMs: number;
  readonly #checkMsMax: number;
  readonly #watch: CoordinatorWatch | undefined;
  readonly #poll: Timer | undefined;
  readonly #log: Log;
  #state: GuardState;
  /** A split-brain began and the state has not been healthy since. */
  #isSplit = false;
  #requests = 0;
  #checkedAtMs: number;

  /** @throws {LiteFSConfigError} `GUARD_CONFIG` when a number is out of range. */
  constructor(options: SplitBrainGuardOptions) {
    const { clock, timers, isEnabled = true, interval = 100, pollMs = 100, checkMsMax = 1_000 } = options;
    requireInteger({ name: "interval", value: interval, least: 1 });
    requireInteger({ name: "pollMs", value: pollMs, least: 0 });
    requireInteger({ name: "checkMsMax", value: checkMsMax, least: 1 });
    this.#options = options;
    this.#interval = interval;
    this.#pollMs = pollMs;
    this.#checkMsMax = checkMsMax;
    this.#log = options.log ?? silentLog;
    this.#state = isEnabled ? "starting" : "off";
    this.#checkedAtMs = clock.monotonic();
    if (!isEnabled) return;
    this.#watch = new CoordinatorWatch({
      coordinator: options.coordinator,
      clock,
      checkMsMax,
      retryMs: Math.max(pollMs, 100),
      onSettled: (error) => {
        if (error !== undefined) this.#log("error", "The split-brain check failed; writes are refused.", { error });
        this.#observe();
      },
    });
    if (pollMs > 0)
      this.#poll = timers?.create("split-brain guard", () => {
        this.#poll?.arm(pollMs);
        void this.#check("time");
      });
  }

  get state(): GuardState {
    return this.#watch?.state ?? "off";
  }

  /** Requests so far. */
  get requests(): number {
    return this.#requests;
  }

  /** Makes the coordinator, checks once and begins to check by time. Without this call the first request does it. */
  async start(): Promise<void> {
    if (this.#watch === undefined || this.#poll?.isArmed === true) return;
    this.#poll?.arm(this.#pollMs);
    await this.#check("start");
  }

  /** Ends the checks by time. */
  stop(): void {
    this.#poll?.cancel();
  }

  /**
   * Takes note of a request before it is handled.
   *
   * @returns why it must not be handled; `undefined` when it may. Always `undefined` for a read, which waits for nothing.
   */
  async request(kind: "read" | "write"): Promise<DatabaseError | undefined> {
    this.#count();
    if (kind === "read") return undefined;
    const checked = this.#check("write");
    // A check that found nothing has ended by now; a state other than healthy is known already.
    await Promise.resolve();
    const isOpen = this.#state === "healthy" || this.#state === "starting";
    if (isOpen && this.#watch?.isPending === true) await this.#atMost(checked);
    return this.#refusal();
  }

  /**
   * Checks now, in this very turn. For writes that are not requests, and for the commit of those that are.
   *
   * @returns why no write may happen: split-brain first, then the primary; `undefined` when one may.
   */
  refusal(): DatabaseError | undefined {
    void this.#check("write");
    return this.#refusal();
  }

  /** Takes an edge from the coordinator's `onEvent`, so that no edge between two checks goes unseen. */
  noteEvent(event: SplitBrainEvent): void {
    this.#observe(event);
  }

  #count(): void {
    this.#requests++;
    if (this.#watch === undefined) return;
    if (this.#poll !== undefined && !this.#poll.isArmed && this.#requests === 1) void this.start();
    if (this.#requests % this.#interval === 0) void this.#check("count");
    else if (this.#poll === undefined && this.#pollMs > 0 && this.#now() - this.#checkedAtMs >= this.#pollMs)
      void this.#check("time");
  }

  #check(by: CheckCause): Promise<void> {
    if (this.#watch === undefined) return Promise.resolve();
    this.#checkedAtMs = this.#now();
    const checked = this.#watch.check();
    this.#observe();
    // Checks at writes are as many as the writes, and their refusals tell more.
    if (by !== "write")
      this.#options.observer?.point("guard.check", { by, request: this.#requests, state: this.#state });
    return checked;
  }

  #refusal(): DatabaseError | undefined {
    const { primary, nodeId } = this.#options;
    const { state } = this;
    const facts = nodeId === undefined ? { state } : { state, nodeId };
    if (state !== "off" && state !== "healthy")
      return new SplitBrainError(WHY[state], facts, { cause: this.#watch?.failure });
    if (primary === undefined) return undefined;
    try {
      if (!primary.isPrimary()) return new NotPrimaryError(primary.primaryHostname?.(), facts);
    } catch (error) {
      return new SplitBrainError("nobody can say whether this node is the primary", facts, { cause: error });
    }
    return undefined;
  }

  /** Waits for a check, but never longer than it may take: it is overdue then, and the state says so. */
  #atMost(checked: Promise<void>): Promise<void> {
    const { timers } = this.#options;
    if (timers === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = timers.create("split-brain check", resolve);
      timer.arm(this.#checkMsMax + 1);
      void checked.then(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  /** Compares the state with the last one seen, and tells of a change. */
  #observe(event?: SplitBrainEvent): void {
    const { state } = this;
    const from = this.#state;
    if (state === from) return;
    this.#state = state;
    const reason = event?.reason ?? WHY[state];
    (this.#options.observer ?? silentObserver).state("guard", state, { reason });
    const isGood = state === "healthy" || state === "starting";
    this.#log(isGood ? "info" : "warning", `Split-brain state: ${state}`, { from, reason });
    this.#options.onState?.({ state, from, reason });
    if (state === "healthy") this.#isSplit = false;
    else if (isSplit(state) && !this.#isSplit) this.#signal({ state, from, reason }, event);
  }

  #signal(edge: GuardEdge, known: SplitBrainEvent | undefined): void {
    const { state, from, reason } = edge;
    if (!isSplit(state)) return;
    this.#isSplit = true;
    // A node that starts with a fence on its disk found its split-brain in an earlier life.
    if (from === "starting" && state === "resolved") return;
    const { clock, nodeId } = this.#options;
    const event: SplitBrainEvent = known ?? {
      detected: true,
      state,
      from: "healthy",
      timestamp: clock.wall(),
      reason,
      ...(nodeId === undefined ? {} : { nodeId }),
    };
    this.#log("critical", "Split-brain condition detected", { state, reason: event.reason });
    for (const error of this.splitBrainDetected.send({ status: { isSplitBrain: true, state }, event }))
      this.#log("error", "A receiver of splitBrainDetected threw.", { error });
  }

  #now(): number {
    return this.#options.clock.monotonic();
  }
}

/** Why no write may happen in each state, for people. */
const WHY: Readonly<Record<GuardState, string>> = {
  off: "detection is off",
  healthy: "a check found nothing",
  starting: "no check has been made yet",
  broken: "the check cannot be made",
  split_brain_detected: "this node leads without a majority",
  resolved: "this node was fenced and is not back yet",
  failed: "this node led without a majority and could not be fenced",
};

function requireInteger({ name, value, least }: { name: string; value: number; least: number }): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new LiteFSConfigError("GUARD_CONFIG", `${name} must be an integer ≥ ${least}, not ${value}.`, { name, value });
}

/**
 * Makes a guard.
 *
 * @throws {LiteFSConfigError} `GUARD_CONFIG` when a number is out of range.
 * @example
 * const guard = createSplitBrainGuard({ coordinator, clock: new SystemClock(), timers: new SystemTimers() });
 * app.use(expressGuard(guard));
 */
export function createSplitBrainGuard(options: SplitBrainGuardOptions): SplitBrainGuard {
  return new SplitBrainGuard(options);
}
