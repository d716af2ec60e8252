import { finishedRun, verdictOf, verdictText, type JudgedRun } from "./judged-run.ts";
import { ScenarioFailure } from "./scenario-failure.ts";

/**
 * Asserts that a run passed; with `rules`, that each of these was judged and held, whatever else came of the run.
 *
 * @param rules  Names of checkers or numbers of invariants: `"election-safety"`, `"I08"`.
 * @throws {ScenarioFailure} with the story, what was broken and why, and the seed.
 * @throws {Error} for a rule that the run did not judge, with those that it did.
 * @example
 * const run = await runScenario(scenario, { seed: "7", keepTrace: true });
 * assertHolds(run);
 * assertHolds(run, ["election-safety"]);
 */
export function assertHolds(run: JudgedRun, rules?: readonly string[]): void {
  const finished = finishedRun(run);
  const { result } = finished;
  let failure: ScenarioFailure | undefined;
  if (rules === undefined) {
    if (result.exitCode !== 0) failure = new ScenarioFailure(finished);
  } else {
    const broken = rules.map((rule) => verdictOf(result, rule)).find(({ verdict }) => verdict !== "holds");
    if (broken !== undefined)
      failure = new ScenarioFailure(finished, { title: `${broken.checker} ${verdictText(broken)}` });
  }
  if (failure === undefined) return;
  // The place of interest is the test's line.
  Error.captureStackTrace(failure, assertHolds);
  throw failure;
}
