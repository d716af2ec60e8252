import type { SweepPlan } from "../lab/explore/plan.ts";

/**
 * The line that makes one failing seed of a sweep again.
 *
 * @param folderOf  Where a run of it was written, where one was: a drawn plan is in no file but that.
 */
export function replayOfSweep(
  plan: SweepPlan,
  folderOf: (seed: string, scenario: number) => string | undefined = () => undefined,
): (seed: string, scenario: number) => string {
  return (seed, scenario) => {
    const { path = "", checks } = plan.scenarios[scenario] ?? {};
    const rules = checks === undefined ? "" : ` --checks ${checks}`;
    // A run draws the plan of a scenario that has one, and no other.
    if (plan.plans === "scenario") return `faultline run ${path} --seed ${seed}${rules}`;
    const folder = folderOf(seed, scenario);
    return folder === undefined
      ? `faultline sweep ${path} --plans ${plan.plans} --seeds ${seed}${rules}`
      : `faultline replay ${folder}`;
  };
}
