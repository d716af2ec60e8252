import type { CarriedPlan } from "../integrations/bullmq/sweep-order.ts";
import { hashOf } from "../lab/explore/plan.ts";
import type { RunSource } from "../lab/explore/run-unit.ts";
import { knownNames } from "../lab/run/known-names.ts";
import type { LoadedScenario } from "../lab/scenario/model.ts";
import { checkScenario } from "../lab/scenario/validate.ts";
import { runSource, sourceOf } from "./run-source.ts";

/**
 * Loads what a plan carries, and by their paths the scenarios that are code, in the process that is to run them.
 *
 * @throws {Error} when a file is not here, or not what it was where the sweep began.
 */
export async function carriedSource(plan: CarriedPlan): Promise<RunSource> {
  const scenarios: LoadedScenario[] = [];
  for (const [i, swept] of plan.scenarios.entries()) {
    const carried = plan.carried[i] ?? null;
    if (carried === null) {
      scenarios.push(...(await runSource({ ...plan, scenarios: [swept] })).scenarios);
      continue;
    }
    const { loaded, problems } = checkScenario(carried.input, knownNames());
    if (loaded === undefined) throw new Error(`${swept.path} cannot be read here: ${problems[0]?.message ?? "?"}`);
    if (hashOf({ ...loaded, source: carried.source }) !== swept.hash)
      throw new Error(`${swept.path} means something else here than where the sweep began.`);
    scenarios.push({ ...loaded, source: carried.source });
  }
  return sourceOf(plan, scenarios);
}
