import { test } from "vitest";
import { asNonDeterministic, firstDivergence } from "../../lab/run/verify.ts";
import type { FinishedRun } from "../../lab/run/run-scenario.ts";
import { runAlone } from "../../lab/explore/run-alone.ts";
import type { SeedList } from "../../lab/explore/seeds.ts";
import type { LoadedScenario } from "../../lab/scenario/model.ts";
import { addNotes, declareTest, optionsOf, type Declare, type RunningTest } from "./declare-test.ts";
import { replayLines } from "./replay-lines.ts";
import { reportLine, writtenRun } from "./report-line.ts";
import { ScenarioFailure, type FailureNotes } from "./scenario-failure.ts";
import { loadSource, type ScenarioSource } from "./scenario-source.ts";
import { reportsOf, seedsOf } from "./settings.ts";

export interface SimTestOptions {
  readonly scenario: ScenarioSource;
  /** `"1..50"`, `"7,nightly-3"`, or a list; default `"1"`. `FAULTLINE_SEED` and `FAULTLINE_SEEDS` win over it. */
  readonly seeds?: string | readonly string[];
  /** Whether every run must pass before the body sees it; default true. */
  readonly mustHold?: boolean;
  /** Folder for the reports of failures, `false` for none; default `reports`. `FAULTLINE_REPORTS` wins over it. */
  readonly reports?: string | false;
  /** Of the whole test, ms of real time; default 30 s and 5 s more for each seed. */
  readonly timeout?: number;
}

/** A run, with all its records. */
export type SimRun = Required<FinishedRun> & { readonly seed: string };

/** Judges one run; what it throws fails the test, with the seed. */
export type SimTestBody = (run: SimRun) => void | Promise<void>;

export interface SimTest {
  /**
   * Declares a test that runs a scenario at every seed, and fails at the first that does not pass: with the story, the rule that was
   * broken and why, the seed, the report and the line that runs the same again.
   *
   * @param scenario  What to run, or that and how.
   * @param body      Judges each run beside the scenario's own checks.
   * @throws {ScenarioError} `SEEDS` for seeds that are none.
   * @example
   * simTest("keeps one leader when the network splits", { scenario, seeds: "1..20" });
   */
  (name: string, scenario: ScenarioSource | SimTestOptions, body?: SimTestBody): void;
  /** The only test of its file that runs. */
  only(name: string, scenario: ScenarioSource | SimTestOptions, body?: SimTestBody): void;
  /** A test that does not run. */
  skip(name: string, scenario: ScenarioSource | SimTestOptions, body?: SimTestBody): void;
}

const TIMEOUT_MS = 30_000;
const TIMEOUT_OF_SEED_MS = 5_000;

export const simTest: SimTest = Object.assign(declaring(test), {
  only: declaring(test.only),
  skip: declaring(test.skip),
});

function declaring(
  declare: Declare,
): (name: string, scenario: ScenarioSource | SimTestOptions, body?: SimTestBody) => void {
  return function simTestOf(name, scenario, body) {
    const options: SimTestOptions = optionsOf(scenario);
    const seeds = seedsOf(options.seeds, process.env);
    declareTest(declare, {
      name,
      timeout: options.timeout ?? TIMEOUT_MS + TIMEOUT_OF_SEED_MS * seeds.count,
      calledAs: simTestOf,
      async run(running) {
        const loaded = await loadSource(options.scenario);
        for (let place = 0; place < seeds.count; place++)
          await runSeed({ loaded, options, body, test: running, seeds, place });
      },
    });
  };
}

interface SeedRun {
  readonly loaded: LoadedScenario;
  readonly options: SimTestOptions;
  readonly body: SimTestBody | undefined;
  readonly test: RunningTest;
  readonly seeds: SeedList;
  readonly place: number;
}

/** @throws {ScenarioFailure} when the run does not pass; what the body throws, with the seed. */
async function runSeed(one: SeedRun): Promise<void> {
  const { loaded, options, body, seeds, place } = one;
  const seed = seeds.at(place);
  const run = await recorded(one, seed, body !== undefined);
  if (run.result.exitCode !== 0 && options.mustHold !== false) throw new ScenarioFailure(run, await notesOf(one, run));
  if (body === undefined || run.trace === undefined) return;
  try {
    await body({ ...run, trace: run.trace, seed });
  } catch (thrown) {
    const { foot = [], place: where } = await notesOf(one, run);
    const head = `${loaded.scenario.name}: seed=${seed}${where === undefined ? "" : ` (${where})`}`;
    addNotes(thrown, [head, ...foot]);
    throw thrown;
  }
}

/** A run with its records, or without them where it passed and nobody asks for them: that is faster. */
async function recorded({ loaded, test: { signal } }: SeedRun, seed: string, keepTrace: boolean): Promise<FinishedRun> {
  const abort = new AbortController();
  const stop = (): void => abort.abort(130);
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  try {
    const options = { seed, signal: abort.signal };
    const first = await runAlone(loaded, { ...options, keepTrace });
    if (keepTrace || first.result.exitCode === 0 || abort.signal.aborted) return first;
    const again = await runAlone(loaded, { ...options, keepTrace: true });
    if (again.result.digest === first.result.digest) return again;
    return differing(again, await runAlone(loaded, { ...options, keepTrace: true }));
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** Two runs of one seed that are not the same. */
function differing(run: FinishedRun, other: FinishedRun): FinishedRun {
  const divergence =
    run.trace === undefined || other.trace === undefined ? undefined : firstDivergence(run.trace, other.trace);
  const verification = {
    holds: false,
    secondDigest: other.result.digest,
    ...(divergence === undefined ? {} : { divergence }),
  };
  return { ...run, result: asNonDeterministic(run.result, verification) };
}

async function notesOf(
  { loaded, options, test: running, seeds, place }: SeedRun,
  run: FinishedRun,
): Promise<FailureNotes> {
  const reports = reportsOf(options.reports, process.env);
  const report = reports === undefined ? [] : [await reportLine("report  ", reports, () => writtenRun(reports, run))];
  const seed = seeds.at(place);
  const replay = replayLines({ test: running, variable: `FAULTLINE_SEED=${seed}`, loaded, seed });
  return {
    ...(seeds.count === 1 ? {} : { place: `${String(place + 1)} of ${String(seeds.count)}` }),
    foot: [...report, ...replay],
  };
}
