import type { FinishedRun, RunOptions } from "../run/run-scenario.ts";
import type { LoadedScenario, ScenarioInput } from "../scenario/model.ts";
import { runScenario } from "./drawn.ts";

let last: Promise<unknown> = Promise.resolve();

/**
 * Runs a scenario once every run before it has ended: a run takes hold of the globals of its process, and tests of one file may run
 * at the same time.
 */
export function runAlone(scenario: LoadedScenario | ScenarioInput, options: RunOptions): Promise<FinishedRun> {
  const run = last.then(() => runScenario(scenario, options));
  last = run.catch(() => undefined);
  return run;
}
