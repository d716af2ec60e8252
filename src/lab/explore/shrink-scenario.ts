import { toolVersion } from "../run/run-scenario.ts";
import type { LoadedScenario, ScenarioInput } from "../scenario/model.ts";
import { ScenarioError } from "../scenario/problems.ts";
import { attemptRun } from "./attempt.ts";
import { runScenario } from "./drawn.ts";
import { reasonOf } from "./failure.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { loadedOf } from "./loaded-of.ts";
import { shrink, type ShrinkStep } from "./shrink.ts";
import { asFound, shrunkName } from "./shrunk-file.ts";

export interface ShrinkScenarioOptions {
  /** A seed at which it fails. */
  readonly seed: string;
  /** Runs at most; default 500. */
  readonly runs?: number;
  /** Ends the search where it is. */
  readonly signal?: AbortSignal;
  /** Told of each candidate that fails as the whole did. */
  readonly onStep?: (step: ShrinkStep) => void;
}

/** A scenario that fails on its own. */
export interface ShrunkScenario {
  /** It says in `found` at which seed, and how. */
  readonly scenario: ScenarioInput;
  /** How it fails, as the whole did. */
  readonly fingerprint: string;
  readonly runs: number;
  /** No fault can be taken away; false when the runs ran out, or somebody ended it. */
  readonly isMinimal: boolean;
}

/**
 * Makes a failing scenario smaller for as long as it fails in the same way: fewer faults, then less of everything else.
 *
 * @throws {ScenarioError} `SHRINK` when it passes at this seed.
 */
export async function shrinkScenario(
  scenario: LoadedScenario | ScenarioInput,
  options: ShrinkScenarioOptions,
): Promise<ShrunkScenario> {
  const { seed, signal } = options;
  const { scenario: spec } = loadedOf(scenario);
  const { result, trace } = await runScenario(scenario, { seed, keepTrace: true });
  if (result.exitCode === 0 || trace === undefined) throw passes(spec.name, seed);
  const { what, time } = reasonOf(result);
  const fingerprint = fingerprintOf(result, trace);
  const abortable = signal === undefined ? {} : { signal };
  const { input, runs, isMinimal } = await shrink({
    // With the faults that its plan drew, if it has one.
    input: result.scenario as unknown as ScenarioInput,
    target: { fingerprint, time },
    attempt: (candidate) => attemptRun(candidate, { seed, fingerprint: fingerprintOf, ...abortable }),
    ...(options.runs === undefined ? {} : { runsMax: options.runs }),
    ...(options.onStep === undefined ? {} : { onStep: options.onStep }),
    ...abortable,
  });
  const name = shrunkName(spec.name, seed, what[0] ?? "");
  return {
    scenario: asFound(input, name, { seed, fingerprint, version: toolVersion() }),
    fingerprint,
    runs,
    isMinimal,
  };
}

function passes(name: string, seed: string): ScenarioError {
  return new ScenarioError([
    {
      code: "SHRINK",
      path: [],
      message: `The scenario ${name} passes at seed ${seed}.`,
      expected: "a seed at which it fails",
    },
  ]);
}
