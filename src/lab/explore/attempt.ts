import { knownNames } from "../run/known-names.ts";
import { runScenario } from "../run/run-scenario.ts";
import type { ScenarioInput } from "../scenario/model.ts";
import { checkScenario } from "../scenario/validate.ts";
import { reasonOf, type Fingerprinter } from "./failure.ts";
import type { Attempt } from "./shrink.ts";

export interface AttemptOptions {
  readonly seed: string;
  readonly fingerprint: Fingerprinter;
  readonly signal?: AbortSignal;
}

/** Runs a scenario as written and says how it fails. */
export async function attemptRun(
  input: ScenarioInput,
  options: AttemptOptions,
): Promise<Attempt | "passes" | "invalid"> {
  const { seed, fingerprint, signal } = options;
  const { loaded } = checkScenario(input, knownNames());
  if (loaded === undefined) return "invalid";
  const { result, trace } = await runScenario(loaded, {
    seed,
    keepTrace: true,
    ...(signal === undefined ? {} : { signal }),
  });
  if (result.exitCode === 0 || trace === undefined || signal?.aborted === true) return "passes";
  return { fingerprint: fingerprint(result, trace), time: reasonOf(result).time };
}
