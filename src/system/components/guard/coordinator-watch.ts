import type { Clock } from "../../ports/clock.ts";
import { LiteFSConfigError } from "../../ports/errors.ts";
import type { GuardCoordinator, GuardState } from "./guard-state.ts";

/** A coordinator, or how to make it when it is first needed. */
export type CoordinatorSource = GuardCoordinator | (() => GuardCoordinator | Promise<GuardCoordinator>);

export interface CoordinatorWatchOptions {
  readonly coordinator: CoordinatorSource;
  readonly clock: Clock;
  /** A check without an end for so long counts as failed. */
  readonly checkMsMax: number;
  /** Shortest time between two attempts to make the coordinator. */
  readonly retryMs: number;
  /** A check or the making ended; `error` says how, when it failed. */
  onSettled(error?: unknown): void;
}

/**
 * Asks a coordinator, and never takes silence for health: one that could not be made, that threw, or whose check does not end is
 * `broken` until a later check succeeds.
 */
export class CoordinatorWatch {
  readonly #options: CoordinatorWatchOptions;
  #coordinator: GuardCoordinator | undefined;
  #making: Promise<void> | undefined;
  /** When the making was tried last. */
  #madeAtMs = -1;
  /** Checks, numbered, so that an old one that ends late clears no newer failure. */
  #checks = 0;
  #failedCheck = 0;
  #failure: unknown;
  #hasSucceeded = false;
  /** Since when a check is under way and none has ended; -1 for none. */
  #pendingSinceMs = -1;

  constructor(options: CoordinatorWatchOptions) {
    this.#options = options;
    if (typeof options.coordinator !== "function") this.#coordinator = options.coordinator;
  }

  get state(): GuardState {
    if (this.#failure !== undefined) return "broken";
    if (this.#coordinator === undefined) return "starting";
    const state = this.#stateOf(this.#coordinator);
    if (state !== "healthy") return state;
    if (this.#isOverdue) return "broken";
    return this.#hasSucceeded ? "healthy" : "starting";
  }

  /** Why the state is `broken`. */
  get failure(): unknown {
    return this.#failure ?? (this.#isOverdue ? "the check does not end" : undefined);
  }

  /** Whether something is under way whose end would tell more. */
  get isPending(): boolean {
    return this.#making !== undefined || this.#pendingSinceMs >= 0;
  }

  /** Looks now; the state is that of this look when the call returns. @returns when the look has ended; never rejects. */
  check(): Promise<void> {
    const coordinator = this.#coordinator;
    if (coordinator === undefined) return this.#make();
    const check = ++this.#checks;
    if (this.#pendingSinceMs < 0) this.#pendingSinceMs = this.#now();
    let running: Promise<unknown>;
    try {
      running = coordinator.checkAndResolveSplitBrain();
    } catch (error) {
      this.#fail(check, error);
      return Promise.resolve();
    }
    return running.then(
      () => {
        this.#succeed(check);
      },
      (error: unknown) => {
        this.#fail(check, error);
      },
    );
  }

  get #isOverdue(): boolean {
    return this.#pendingSinceMs >= 0 && this.#now() - this.#pendingSinceMs > this.#options.checkMsMax;
  }

  #stateOf(coordinator: GuardCoordinator): GuardState {
    try {
      return coordinator.state;
    } catch {
      return "broken";
    }
  }

  #make(): Promise<void> {
    if (this.#making !== undefined) return this.#making;
    const now = this.#now();
    if (this.#madeAtMs >= 0 && now - this.#madeAtMs < this.#options.retryMs) return Promise.resolve();
    this.#madeAtMs = now;
    const making = this.#made().then(
      (coordinator) => {
        this.#making = undefined;
        this.#coordinator = coordinator;
        this.#failure = undefined;
        return this.check();
      },
      (error: unknown) => {
        this.#making = undefined;
        this.#failure = error;
        this.#options.onSettled(error);
      },
    );
    this.#making = making;
    return making;
  }

  async #made(): Promise<GuardCoordinator> {
    const { coordinator } = this.#options;
    // The seeds' raft adapter may simply not be configured; a caller without types can give anything.
    const made = (typeof coordinator === "function" ? await coordinator() : coordinator) as
      GuardCoordinator | undefined;
    if (made === undefined)
      throw new LiteFSConfigError("GUARD_COORDINATOR", "Split-brain detection is on, and there is no coordinator.");
    return made;
  }

  #succeed(check: number): void {
    this.#pendingSinceMs = -1;
    this.#hasSucceeded = true;
    if (check > this.#failedCheck) this.#failure = undefined;
    this.#options.onSettled();
  }

  #fail(check: number, error: unknown): void {
    this.#pendingSinceMs = -1;
    this.#failedCheck = Math.max(this.#failedCheck, check);
    this.#failure = error ?? "a check failed without a reason";
    this.#options.onSettled(error);
  }

  #now(): number {
    return this.#options.clock.monotonic();
  }
}
