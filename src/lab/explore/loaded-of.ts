import { knownNames } from "../run/known-names.ts";
import type { LoadedScenario, ScenarioInput } from "../scenario/model.ts";
import { ScenarioError } from "../scenario/problems.ts";
import { checkScenario } from "../scenario/validate.ts";

/**
 * A scenario as written, checked; one that was loaded already as it is.
 *
 * @throws {ScenarioError} when it is not right.
 */
export function loadedOf(scenario: LoadedScenario | ScenarioInput): LoadedScenario {
  if ("scenario" in scenario) return scenario;
  const { loaded, problems } = checkScenario(scenario, knownNames());
  if (loaded === undefined) throw new ScenarioError(problems);
  return loaded;
}
