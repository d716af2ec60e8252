import { hashOf, type SweepPlan } from "../lab/explore/plan.ts";
import { fingerprintOf } from "../lab/explore/fingerprint.ts";
import type { RunSource } from "../lab/explore/run-unit.ts";
import type { LoadedScenario } from "../lab/scenario/model.ts";
import { loadFile } from "./scenario-files.ts";

/**
 * Loads what a plan names, in the process that is to run it.
 *
 * @throws {Error} when a file is not what it was when the plan was made.
 */
export async function runSource(plan: SweepPlan): Promise<RunSource> {
  const scenarios: LoadedScenario[] = [];
  for (const { path, name, hash, checks } of plan.scenarios) {
    const loaded = (await loadFile(path, checks)).find(({ scenario }) => scenario.name === name);
    if (loaded === undefined) throw new Error(`${path} holds no scenario called "${name}" any more.`);
    if (hashOf(loaded) !== hash) throw new Error(`${path} has changed since the sweep began.`);
    scenarios.push(loaded);
  }
  return sourceOf(plan, scenarios);
}

/** The same for scenarios that are loaded already. */
export function sourceOf(plan: SweepPlan, scenarios: readonly LoadedScenario[]): RunSource {
  return {
    plan,
    scenarios,
    fingerprint: fingerprintOf,
    // fast-check is loaded by whoever draws.
    drawPlan: async (template, seed) => (await import("../lab/explore/random-plan.ts")).drawPlan(template, seed),
  };
}
