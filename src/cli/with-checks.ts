import { knownNames } from "../lab/run/known-names.ts";
import type { LoadedScenario } from "../lab/scenario/model.ts";
import { ScenarioError } from "../lab/scenario/problems.ts";
import { checkScenario } from "../lab/scenario/validate.ts";

/**
 * The scenario, judged by other rules than its own.
 *
 * @param checks  `all`, or names with commas.
 * @throws {ScenarioError} when one of them is not known.
 */
export function withChecks(loaded: LoadedScenario, checks: string): LoadedScenario {
  const list = checks === "all" ? "all" : checks.split(",");
  const checked = checkScenario({ ...loaded.input, checks: list }, knownNames());
  if (checked.loaded === undefined)
    throw new ScenarioError(checked.problems.map((problem) => ({ ...problem, path: [], file: "the setting checks" })));
  return loaded.source === undefined ? checked.loaded : { ...checked.loaded, source: { ...loaded.source, checks } };
}
