import type { FinishedRun } from "../run/run-scenario.ts";
import type { LoadedScenario, ScenarioInput } from "../scenario/model.ts";
import type { Budget } from "./budget.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { loadedOf } from "./loaded-of.ts";
import { runAlone } from "./run-alone.ts";

export interface SearchOptions {
  /** Seed of fast-check: the same gives the same plans. Any integer of 32 bits. */
  readonly seed: number;
  /** Where fast-check begins, as it says of a counterexample: `3:0:1`. */
  readonly path?: string | undefined;
  /** Plans at most; default 100. */
  readonly runs?: number | undefined;
  /** Runs at most for making a failure smaller; default 200. */
  readonly shrinkRuns?: number | undefined;
  /** Instead of the budget of the scenario's own plan. */
  readonly budget?: Budget | undefined;
  /** Ends the search where it is. */
  readonly signal?: AbortSignal | undefined;
  /** Judges a run that passed; what it throws is a failure too. */
  readonly judge?: (run: Required<FinishedRun> & { readonly seed: string }) => void | Promise<void>;
}

/** A plan at which a scenario fails, as small as fast-check has made it. */
export interface FoundPlan {
  /** The scenario with the drawn faults: it fails on its own. */
  readonly input: ScenarioInput;
  readonly seed: string;
  readonly run: Required<FinishedRun>;
  /** How it fails; every smaller one failed in the same way. */
  readonly fingerprint: string;
  /** What `judge` threw. */
  readonly thrown?: unknown;
}

export interface Search {
  /** Plans that ran, without those that were tried to make one smaller. */
  readonly runs: number;
  /** Absent when every plan held. */
  readonly found?: FoundPlan & {
    /** With the seed of the search, it leads fast-check to this very plan. */
    readonly path: string;
    /** How often it was made smaller. */
    readonly shrinks: number;
  };
}

const RUNS = 100;
const SHRINK_RUNS = 200;

/**
 * Draws plans of faults for a scenario until one makes it fail, and lets fast-check make that one smaller: a property over scenarios,
 * of which each example is one plan and one seed.
 *
 * @throws {ScenarioError} when the scenario is not right, or its plan asks for what cannot be drawn.
 */
export async function searchPlans(scenario: LoadedScenario | ScenarioInput, options: SearchOptions): Promise<Search> {
  const [fc, { scenarioArbitrary }, { FewerFaults }] = await Promise.all([
    import("fast-check"),
    import("./random-plan.ts"),
    import("./fewer-faults.ts"),
  ]);
  const template = loadedOf(scenario);
  const { runs = RUNS, shrinkRuns = SHRINK_RUNS, signal } = options;
  let found: FoundPlan | undefined;
  let ran = 0;
  let tried = 0;
  // The seed of a run has no smaller one.
  const seeds = fc.noShrink(fc.noBias(fc.nat({ max: 0x7fff_ffff }))).map(String);
  const property = fc.asyncProperty(
    new FewerFaults(scenarioArbitrary(template, options.budget)),
    seeds,
    async (loaded, seed) => {
      if (signal?.aborted === true || (found !== undefined && ++tried > shrinkRuns)) return true;
      if (found === undefined) ran++;
      const failure = await failureOf(loaded, seed, options);
      // What fails in another way is another failure.
      if (failure === undefined || (found !== undefined && failure.fingerprint !== found.fingerprint)) return true;
      found = failure;
      return false;
    },
  );
  const details = await fc.check(property, {
    seed: options.seed,
    numRuns: runs,
    endOnFailure: false,
    ...(options.path === undefined ? {} : { path: options.path }),
  });
  if (found === undefined) {
    // A plan that could not be drawn, or a run that could not begin.
    if (details.errorInstance instanceof Error) throw details.errorInstance;
    return { runs: ran };
  }
  return {
    runs: ran,
    found: { ...found, path: details.counterexamplePath ?? "", shrinks: details.numShrinks },
  };
}

async function failureOf(
  loaded: LoadedScenario,
  seed: string,
  { judge, signal }: SearchOptions,
): Promise<FoundPlan | undefined> {
  const abort = new AbortController();
  const stop = (): void => abort.abort(130);
  signal?.addEventListener("abort", stop);
  try {
    const options = { seed, signal: abort.signal };
    const first = await runAlone(loaded, { ...options, keepTrace: judge !== undefined });
    const isBroken = first.result.exitCode !== 0;
    if ((!isBroken && judge === undefined) || abort.signal.aborted) return undefined;
    const { result, trace } = judge === undefined ? await runAlone(loaded, { ...options, keepTrace: true }) : first;
    if (trace === undefined) return undefined;
    const found = { input: loaded.input, seed, run: { result, trace } };
    if (isBroken) return { ...found, fingerprint: fingerprintOf(result, trace) };
    const thrown = await thrownBy(() => judge?.({ result, trace, seed }));
    if (thrown === undefined) return undefined;
    const name = thrown.error instanceof Error ? thrown.error.name : typeof thrown.error;
    return { ...found, fingerprint: `judge:${name}`, thrown: thrown.error };
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

async function thrownBy(work: () => void | Promise<void>): Promise<{ readonly error: unknown } | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return { error };
  }
}
