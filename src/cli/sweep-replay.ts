import type { SweepPlan } from "../lab/explore/plan.ts";
import { runLine, shellWord } from "../trace/replay-line.ts";

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
    // A run draws the plan of a scenario that has one, and no other.
    if (plan.plans === "scenario") return runLine({ path, seed, checks });
    const folder = folderOf(seed, scenario);
    if (folder !== undefined) return `faultline replay ${shellWord(folder)}`;
    const rules = checks === undefined ? "" : ` --checks ${shellWord(checks)}`;
    return `faultline sweep ${shellWord(path)} --plans ${plan.plans} --seeds ${shellWord(seed)}${rules}`;
  };
}
