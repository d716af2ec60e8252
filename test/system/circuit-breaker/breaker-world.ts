import {
  CircuitBreaker,
  type CircuitBreakerOptions,
} from "../../../src/system/components/circuit-breaker/circuit-breaker.ts";
import type { Observer } from "../../../src/system/ports/observer.ts";
import type { Timer, Timers } from "../../../src/system/ports/timers.ts";

/** A monotonic clock that is a number, with its timers. */
export class ManualTime implements Timers {
  nowMs = 0;
  readonly #armed = new Map<Timer, { dueMs: number; callback: () => void }>();

  wall(): number {
    return 1_000_000 + this.nowMs;
  }
  monotonic(): number {
    return this.nowMs;
  }
  create(_name: string, callback: () => void): Timer {
    const armed = this.#armed;
    const now = (): number => this.nowMs;
    const timer: Timer = {
      arm: (delayMs) => void armed.set(timer, { dueMs: now() + delayMs, callback }),
      cancel: () => void armed.delete(timer),
      get isArmed() {
        return armed.has(timer);
      },
    };
    return timer;
  }
  get armedCount(): number {
    return this.#armed.size;
  }

  /** Passes time; with `paused` timers stay due until the next call. */
  async pass(ms: number, options: { paused?: boolean } = {}): Promise<void> {
    this.nowMs += ms;
    if (options.paused === true) return;
    for (const [timer, { dueMs, callback }] of [...this.#armed]) {
      if (dueMs > this.nowMs) continue;
      this.#armed.delete(timer);
      callback();
    }
    await settled();
  }
}

/** Lets every promise that can settle do so. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 12; i++) await Promise.resolve();
}

/** A call whose end is in the test's hand. */
export interface PendingCall {
  readonly signal: AbortSignal;
  succeed(value?: string): Promise<void>;
  fail(error?: Error): Promise<void>;
  /** `value …`, `error …`, or `""` while it has no end. */
  readonly seen: string;
}

/** A breaker over a dependency that does as it is told. */
export class BreakerWorld {
  readonly time = new ManualTime();
  readonly breaker: CircuitBreaker;
  readonly edges: string[] = [];
  /** Calls that reached the dependency. */
  reached = 0;

  constructor(options: Partial<CircuitBreakerOptions> & { withTimers?: boolean } = {}) {
    const { withTimers, ...given } = options;
    const observer: Observer = {
      state: (key, value, fields) => {
        const manual = fields?.["isManual"] === true ? " manual" : "";
        this.edges.push(`${String(this.time.nowMs)} ${key}=${value} ${String(fields?.["reason"])}${manual}`);
      },
      point: () => undefined,
      invoke: () => 0,
      complete: () => undefined,
    };
    this.breaker = new CircuitBreaker({
      clock: this.time,
      ...(withTimers === false ? {} : { timers: this.time }),
      observer,
      ...given,
    });
  }

  /** Begins a call that stays open; an immediate refusal is seen after {@link settled}. */
  begin(signal?: AbortSignal): PendingCall {
    let end: { resolve: (value: string) => void; reject: (error: Error) => void } | undefined;
    let inner = new AbortController().signal;
    let seen = "";
    const result = this.breaker.call(
      (given) => {
        this.reached++;
        inner = given;
        return new Promise<string>((resolve, reject) => (end = { resolve, reject }));
      },
      signal === undefined ? {} : { signal },
    );
    result.then(
      (value) => (seen = `value ${value}`),
      (error: unknown) => (seen = `error ${error instanceof Error ? error.message : String(error)}`),
    );
    return {
      get signal() {
        return inner;
      },
      succeed: async (value = "ok") => {
        end?.resolve(value);
        await settled();
      },
      fail: async (error = new Error("down")) => {
        end?.reject(error);
        await settled();
      },
      get seen() {
        return seen;
      },
    };
  }

  async fail(times = 1, error?: Error): Promise<void> {
    for (let i = 0; i < times; i++) await this.begin().fail(error);
  }
  async succeed(times = 1): Promise<void> {
    for (let i = 0; i < times; i++) await this.begin().succeed();
  }
}
