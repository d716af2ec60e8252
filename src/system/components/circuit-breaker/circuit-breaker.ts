import type { Clock } from "../../ports/clock.ts";
import { silentObserver, type Observer } from "../../ports/observer.ts";
import type { Timer, Timers } from "../../ports/timers.ts";
import { breakerConfig, type BreakerConfig } from "./breaker-config.ts";
import { CallTimeoutError, CircuitOpenError } from "./breaker-errors.ts";
import { failureRule, type FailureRule } from "./failure-rule.ts";

export type BreakerState = "closed" | "open" | "half-open";

export interface CircuitBreakerOptions extends Partial<BreakerConfig> {
  readonly clock: Clock;
  /** Ends calls at their timeout. Without it a call that is over its time ends when the next one comes. */
  readonly timers?: Timers;
  readonly observer?: Observer;
  /** What it protects (`"ofd"`), for the records; needed when a node has more than one. Default `""`. */
  readonly name?: string;
  /** Errors that say nothing about the dependency's health (a business refusal, a lost lock). Default: none. */
  isIgnored?(error: unknown): boolean;
}

export interface BreakerStats {
  readonly state: BreakerState;
  /** Failures counted towards opening. */
  readonly failureCount: number;
  /** Consecutive successful probes. */
  readonly successCount: number;
  /** Monotonic ms; `undefined` before the first. */
  readonly lastFailureMs: number | undefined;
  readonly lastStateChangeMs: number;
  /** Grows with every change of state. */
  readonly generation: number;
}

/** How a call ended, for the breaker. */
type Result = "success" | "failure" | "timeout" | "ignored";

/** One call that was let through. */
interface Call {
  readonly id: number;
  readonly generation: number;
  readonly startedMs: number;
  readonly timer: Timer | undefined;
  /** Ends it for its caller too. */
  giveUp(reason: CallTimeoutError): void;
  /** Its result is counted, or known not to count. */
  isSettled: boolean;
}

/**
 * Stops calling a dependency that fails, and tries it again carefully.
 *
 * Closed: the 5th consecutive failure opens it. Open: every call is refused without touching the dependency, until the first
 * call that comes 60 s after it opened. Half-open: one call at a time probes; 2 consecutive successes close it, any failure
 * opens it for another 60 s. Numbers are {@link BreakerConfig}'s defaults; time is the monotonic clock's.
 *
 * A result counts only if its call began in the present generation, so that nothing which was under way when the state changed
 * can change it again.
 *
 * @see Nygard 2007 (Release It!); resilience4j (permits, ignored errors). Checked by `lab/checkers/breaker-*.ts`.
 * @example
 * const breaker = new CircuitBreaker({ clock: env.clock, timers: env.timers, isIgnored: (error) => error instanceof Refused });
 * const reply = await breaker.call((signal) => ofd.register(receipt, { signal }));
 */
export class CircuitBreaker {
  readonly #config: BreakerConfig;
  readonly #clock: Clock;
  readonly #timers: Timers | undefined;
  readonly #observer: Observer;
  readonly #name: string;
  readonly #isIgnored: (error: unknown) => boolean;
  /** Oldest first: their timeouts are in this order too. */
  readonly #inFlight = new Set<Call>();
  #state: BreakerState = "closed";
  #rule: FailureRule;
  #generation = 0;
  #changedMs: number;
  #lastFailureMs: number | undefined;
  #probes = 0;
  #successes = 0;
  #calls = 0;

  constructor(options: CircuitBreakerOptions) {
    this.#config = breakerConfig(options);
    this.#clock = options.clock;
    this.#timers = options.timers;
    this.#observer = options.observer ?? silentObserver;
    this.#name = options.name ?? "";
    this.#isIgnored = (error) => options.isIgnored?.(error) ?? false;
    this.#rule = failureRule(this.#config);
    this.#changedMs = this.#clock.monotonic();
    const { window, ...counts } = this.#config;
    this.#observer.point("breaker.config", { name: this.#name, mode: window?.kind ?? "consecutive", ...counts });
    this.#observe("created", false);
  }

  /** The state as it is; asking changes nothing. An open breaker stays `open` until a call finds its time over. */
  get state(): BreakerState {
    return this.#state;
  }
  getStats(): BreakerStats {
    return {
      state: this.#state,
      failureCount: this.#rule.failureCount,
      successCount: this.#successes,
      lastFailureMs: this.#lastFailureMs,
      lastStateChangeMs: this.#changedMs,
      generation: this.#generation,
    };
  }

  /**
   * Calls the dependency, or refuses to.
   *
   * @param work   Called at most once, before `call` returns. Its signal aborts at the timeout and when the caller aborts.
   * @param caller.signal  Aborting it gives up the call: it rejects with the signal's reason and says nothing about the dependency.
   * @throws {CircuitOpenError} when refused; {@link CallTimeoutError} after `callTimeoutMs`; whatever `work` throws.
   */
  call<T>(work: (signal: AbortSignal) => T | Promise<T>, caller: { readonly signal?: AbortSignal } = {}): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      caller.signal?.throwIfAborted();
      const control = new AbortController();
      // What was thrown is passed on as it is, whether an Error or not.
      const fail: (reason: unknown) => void = reject;
      const end = (result: Result): void => {
        caller.signal?.removeEventListener("abort", onAbort);
        this.#settle(call, result);
      };
      const giveUp = (result: Result, reason: unknown): void => {
        end(result);
        fail(reason);
        control.abort(reason);
      };
      const onAbort = (): void => giveUp("ignored", caller.signal?.reason);
      const call = this.#admit((reason) => giveUp("timeout", reason));
      caller.signal?.addEventListener("abort", onAbort, { once: true });
      void attempt(work, control.signal).then(
        (value) => {
          end("success");
          resolve(value);
        },
        (error: unknown) => {
          end(this.#judge(error));
          fail(error);
        },
      );
    });
  }

  /** Opens it by hand for one recovery timeout. An open breaker stays as it is: its time is not put off. */
  forceOpen(): void {
    if (this.#state !== "open") this.#move("open", "forced", true);
  }

  /** Closes it by hand and forgets what was counted; calls under way no longer count. */
  reset(): void {
    if (this.#state !== "closed") this.#move("closed", "reset", true);
    else {
      this.#generation++;
      this.#rule = failureRule(this.#config);
      this.#observe("reset", true);
    }
  }

  /** Gives a permit. @throws {CircuitOpenError} */
  #admit(giveUp: Call["giveUp"]): Call {
    const now = this.#clock.monotonic();
    this.#expire(now);
    const { recoveryTimeoutMs, halfOpenCallsMax } = this.#config;
    if (this.#state === "open") {
      const leftMs = this.#changedMs + recoveryTimeoutMs - now;
      if (leftMs > 0) this.#refuse(leftMs);
      this.#move("half-open", "recovery-timeout", false);
    }
    if (this.#state === "half-open") {
      if (this.#probes >= halfOpenCallsMax) this.#refuse(this.#nextProbeMs(now));
      this.#probes++;
    }
    const call: Call = {
      id: ++this.#calls,
      generation: this.#generation,
      startedMs: now,
      giveUp,
      timer: this.#timers?.create("breaker call", () => this.#timeOut(call)),
      isSettled: false,
    };
    call.timer?.arm(this.#config.callTimeoutMs);
    this.#inFlight.add(call);
    this.#observer.point("breaker.call", { name: this.#name, id: call.id, generation: call.generation });
    return call;
  }

  #refuse(retryAfterMs: number): never {
    this.#observer.point("breaker.refuse", { name: this.#name, retryAfterMs });
    throw new CircuitOpenError({ breaker: this.#name, state: this.#state, retryAfterMs });
  }

  /** When the oldest probe is over at the latest. */
  #nextProbeMs(now: number): number {
    for (const call of this.#inFlight) {
      if (call.generation === this.#generation) return call.startedMs + this.#config.callTimeoutMs - now;
    }
    return 0;
  }

  /** Fails calls that are over their time: their timers may be late (a paused process), or there may be none. */
  #expire(now: number): void {
    for (const call of this.#inFlight) {
      if (now - call.startedMs < this.#config.callTimeoutMs) return;
      this.#timeOut(call);
    }
  }

  #timeOut(call: Call): void {
    call.giveUp(new CallTimeoutError({ breaker: this.#name, callTimeoutMs: this.#config.callTimeoutMs }));
  }

  #judge(error: unknown): Result {
    try {
      return this.#isIgnored(error) ? "ignored" : "failure";
    } catch {
      // A predicate that fails must not keep a permit.
      return "failure";
    }
  }

  /** Counts a result, once a call. */
  #settle(call: Call, given: Result): void {
    if (call.isSettled) return;
    call.isSettled = true;
    call.timer?.cancel();
    this.#inFlight.delete(call);
    const now = this.#clock.monotonic();
    const isLate = given !== "ignored" && now - call.startedMs >= this.#config.callTimeoutMs;
    const result = isLate ? "timeout" : given;
    const isCurrent = call.generation === this.#generation;
    const { id, generation } = call;
    this.#observer.point("breaker.result", { name: this.#name, id, generation, result, isCurrent });
    if (!isCurrent) return;
    if (this.#state === "half-open") this.#probes--;
    if (result === "ignored") return;
    const isFailure = result !== "success";
    if (isFailure) this.#lastFailureMs = now;
    if (this.#state === "half-open") this.#onProbe(isFailure);
    else if (this.#rule.add(isFailure, now)) this.#move("open", "failures", false);
  }

  #onProbe(isFailure: boolean): void {
    if (isFailure) this.#move("open", "probe-failed", false);
    else if (++this.#successes >= this.#config.successThreshold) this.#move("closed", "recovered", false);
  }

  #move(state: BreakerState, reason: string, isManual: boolean): void {
    this.#state = state;
    this.#generation++;
    this.#changedMs = this.#clock.monotonic();
    this.#probes = 0;
    this.#successes = 0;
    if (state === "closed") this.#rule = failureRule(this.#config);
    this.#observe(reason, isManual);
  }

  #observe(reason: string, isManual: boolean): void {
    const key = this.#name === "" ? "breaker" : `breaker>${this.#name}`;
    this.#observer.state(key, this.#state, { generation: this.#generation, reason, isManual });
  }
}

/** Runs the work now; a throw becomes a rejection. */
async function attempt<T>(work: (signal: AbortSignal) => T | Promise<T>, signal: AbortSignal): Promise<T> {
  return work(signal);
}
