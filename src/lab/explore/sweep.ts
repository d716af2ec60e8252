import type { Part } from "./part.ts";
import type { Span } from "./plan.ts";
import type { RunEvent } from "./run-unit.ts";

/** Whoever runs units: this process, others, or a fleet. */
export interface Executor {
  /** Units it runs at once. */
  readonly width: number;
  /** @returns what was done of the unit: all, unless {@link Executor.stop} was called. */
  run(unit: Span, onRun: (run: RunEvent) => void): Promise<Part>;
  /** Lets running units end before their next run. */
  stop(): void;
  close(): Promise<void>;
}

export interface SweepOptions {
  readonly units: Iterable<Span>;
  readonly executor: Executor;
  /** Ends the sweep; what was done until then is still given. */
  readonly signal?: AbortSignal;
  onRun?(run: RunEvent): void;
}

/**
 * Runs units, as many at once as the executor takes, and gives what each of them gave, in the order in which they end.
 *
 * @throws what the executor throws, after the units that were running have ended.
 */
export async function* sweep(options: SweepOptions): AsyncGenerator<Part, void> {
  const { units, executor, signal } = options;
  const waiting = units[Symbol.iterator]();
  const running = new Map<number, Promise<{ readonly id: number; readonly part?: Part; readonly error?: unknown }>>();
  const stop = (): void => {
    executor.stop();
  };
  signal?.addEventListener("abort", stop);
  let nextId = 0;
  let failed: { readonly error: unknown } | undefined;
  const begin = (): boolean => {
    if (signal?.aborted === true || failed !== undefined) return false;
    const unit = waiting.next();
    if (unit.done === true) return false;
    const id = nextId++;
    const ended = executor
      .run(unit.value, (run) => options.onRun?.(run))
      .then(
        (part) => ({ id, part }),
        (error: unknown) => ({ id, error }),
      );
    running.set(id, ended);
    return true;
  };
  try {
    while (running.size < executor.width && begin());
    while (running.size > 0) {
      const { id, part, error } = await Promise.race(running.values());
      running.delete(id);
      if (part === undefined) {
        failed ??= { error };
        executor.stop();
      } else if (part.from < part.to) yield part;
      begin();
    }
    if (failed !== undefined) throw failed.error;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}
