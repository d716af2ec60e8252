import { runUnit, type RunSource } from "./run-unit.ts";
import type { Executor } from "./sweep.ts";

/** Runs units one after another in this very process: for a handful of runs, and for tests. */
export function inProcess(source: RunSource): Executor {
  const controller = new AbortController();
  return {
    width: 1,
    run: (unit, onRun) => runUnit(source, unit, { signal: controller.signal, onRun }),
    stop() {
      controller.abort(130);
    },
    close: () => Promise.resolve(),
  };
}
