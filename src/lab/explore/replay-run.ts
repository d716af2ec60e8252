import { runScenario, type FinishedRun } from "../run/run-scenario.ts";
import type { ScenarioInput } from "../scenario/model.ts";
import { compareRuns, type Comparison, type RecordedRun } from "./replay.ts";
import type { RunResult } from "../../trace/result.ts";

/** A run that was made again, and whether it was the same. */
export interface Replayed extends Comparison {
  readonly run: FinishedRun;
}

/**
 * Makes a run again from its result, as it was stored or as it is, and compares the two; where the first one's records are given,
 * record by record.
 *
 * @throws {ScenarioError} when the result names code that this process does not know.
 */
export async function replayRun(first: RecordedRun & { readonly result: RunResult }): Promise<Replayed> {
  const { scenario, seed } = first.result;
  const run = await runScenario(scenario as unknown as ScenarioInput, { seed, keepTrace: true });
  return { ...compareRuns(first, run), run };
}
