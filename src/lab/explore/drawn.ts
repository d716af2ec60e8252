import { knownNames } from "../run/known-names.ts";
import { runScenario as runWritten, type FinishedRun, type RunOptions } from "../run/run-scenario.ts";
import type { LoadedScenario, ScenarioInput } from "../scenario/model.ts";
import { ScenarioError } from "../scenario/problems.ts";
import { checkScenario } from "../scenario/validate.ts";

/** The scenario that a seed runs: of one with a `plan`, its faults drawn; any other as it is. */
export async function drawn(loaded: LoadedScenario, seed: string): Promise<LoadedScenario> {
  if (loaded.scenario.plan === undefined) return loaded;
  // fast-check is loaded by whoever draws.
  const { drawPlan } = await import("./random-plan.ts");
  return drawPlan(loaded, seed);
}

/** The scenario without its plan: the faults that are written, and no others. */
export function undrawn(loaded: LoadedScenario): LoadedScenario {
  const { plan, ...input } = loaded.input;
  if (plan === undefined) return loaded;
  const { plan: _, ...scenario } = loaded.scenario;
  return { ...loaded, scenario, input };
}

/**
 * Runs a scenario once; the faults of its `plan`, if it has one, are drawn from the seed first, and the result holds what was drawn.
 *
 * @throws {ScenarioError} when it is given as written and is not right; nothing ran then. What breaks during the run is in the result.
 */
export async function runScenario(scenario: LoadedScenario | ScenarioInput, options: RunOptions): Promise<FinishedRun> {
  if ("scenario" in scenario) return runWritten(await drawn(scenario, options.seed), options);
  if (scenario.plan === undefined) return runWritten(scenario, options);
  const { loaded, problems } = checkScenario(scenario, knownNames());
  if (loaded === undefined) throw new ScenarioError(problems);
  return runWritten(await drawn(loaded, options.seed), options);
}
