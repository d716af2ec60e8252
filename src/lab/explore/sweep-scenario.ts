import type { LoadedScenario, ScenarioInput } from "../scenario/model.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { inProcess } from "./in-process.ts";
import { loadedOf } from "./loaded-of.ts";
import { PartSum } from "./part.ts";
import { Places, planOf, type PlanMode, type Span } from "./plan.ts";
import type { RunEvent } from "./run-unit.ts";
import { sweep } from "./sweep.ts";
import { sweepResultOf, type SweepResult } from "./sweep-result.ts";
import { unitsOf } from "./unit.ts";

export interface SweepScenarioOptions {
  /** `"1..200"`, `"7,nightly-3"`. */
  readonly seeds: string;
  /** `random` draws the faults of every seed anew; default `written`. */
  readonly plans?: PlanMode;
  /** Ends the sweep; what was done until then is in the result. */
  readonly signal?: AbortSignal;
  /** Told of each run that has ended. */
  readonly onRun?: (run: RunEvent) => void;
}

/**
 * Runs a scenario at many seeds, one after another in this process, and groups what fails by the way in which it failed.
 *
 * @remarks `faultline sweep` gives the same result, byte for byte, from all processors of a machine.
 * @throws {ScenarioError} for a scenario that is not right, and for seeds that are none.
 */
export async function sweepScenario(
  scenario: LoadedScenario | ScenarioInput,
  options: SweepScenarioOptions,
): Promise<SweepResult> {
  const loaded = loadedOf(scenario);
  const plan = planOf([loaded], { seeds: options.seeds, plans: options.plans ?? "written" });
  const { total } = new Places(plan);
  const executor = inProcess({
    plan,
    scenarios: [loaded],
    fingerprint: fingerprintOf,
    // fast-check is loaded by whoever draws.
    drawPlan: async (template, seed) => (await import("./random-plan.ts")).drawPlan(template, seed),
  });
  const sum = new PartSum();
  const spans: Span[] = [];
  const { signal, onRun } = options;
  const parts = sweep({
    units: unitsOf([{ from: 0, to: total }], total),
    executor,
    ...(signal === undefined ? {} : { signal }),
    ...(onRun === undefined ? {} : { onRun }),
  });
  for await (const part of parts) {
    sum.addPart(part);
    spans.push(part);
  }
  return sweepResultOf(plan, sum, { spans });
}
