import { dirname, join } from "node:path";
import { inspect } from "node:util";
import { test } from "vitest";
import { reasonOf } from "../../lab/explore/failure.ts";
import { scenarioYaml } from "../../lab/explore/scenario-yaml.ts";
import { searchPlans, type Search, type SearchOptions } from "../../lab/explore/search-plans.ts";
import { asFound, shrunkName, shrunkText } from "../../lab/explore/shrunk-file.ts";
import { toolVersion } from "../../lab/run/run-scenario.ts";
import { writeWhole } from "../../lab/run/write-run.ts";
import type { LoadedScenario } from "../../lab/scenario/model.ts";
import { registeredCode } from "../../lab/scenario/registry.ts";
import { shellWord } from "../../trace/replay-line.ts";
import { addNotes, declareTest, optionsOf, type Declare, type RunningTest } from "./declare-test.ts";
import { replayLines } from "./replay-lines.ts";
import { reportLine, writtenRun } from "./report-line.ts";
import { ScenarioFailure } from "./scenario-failure.ts";
import { loadSource, type ScenarioSource } from "./scenario-source.ts";
import type { SimTestBody } from "./sim-test.ts";
import { beginningOf, reportsOf, type Beginning } from "./settings.ts";

export interface ExploreOptions extends Pick<SearchOptions, "runs" | "shrinkRuns"> {
  /** What breaks is drawn: by its `plan`, where it has one; else drawn faults take the place of those that it has. */
  readonly scenario: ScenarioSource;
  /** Seed of fast-check; default a number that the name of the test gives. `FAULTLINE_EXPLORE` wins over it. */
  readonly seed?: number;
  /** Path of fast-check, as a failure prints it. */
  readonly path?: string;
  /** Folder for the report and the scenario of a failure, `false` for none; default `reports`. `FAULTLINE_REPORTS` wins over it. */
  readonly reports?: string | false;
  /** Of the whole test, ms of real time; default 30 s and 2 s more for each run. */
  readonly timeout?: number;
}

export interface Explore {
  /**
   * Declares a test that looks for faults which make a scenario fail: a property of fast-check over plans of faults and seeds. What
   * fails is made smaller by fast-check as long as it fails in the same way, and printed as a scenario that fails on its own.
   *
   * @param scenario  What to run, or that and how.
   * @param judge     Judges each run beside the scenario's own checks.
   * @example
   * explore("survives whatever breaks", { scenario, runs: 50 });
   */
  (name: string, scenario: ScenarioSource | ExploreOptions, judge?: SimTestBody): void;
  /** The only test of its file that runs. */
  only(name: string, scenario: ScenarioSource | ExploreOptions, judge?: SimTestBody): void;
  /** A test that does not run. */
  skip(name: string, scenario: ScenarioSource | ExploreOptions, judge?: SimTestBody): void;
}

const TIMEOUT_MS = 30_000;
const TIMEOUT_OF_RUN_MS = 2_000;
const RUNS = 100;
const SHRINK_RUNS = 200;

export const explore: Explore = Object.assign(declaring(test), {
  only: declaring(test.only),
  skip: declaring(test.skip),
});

function declaring(
  declare: Declare,
): (name: string, scenario: ScenarioSource | ExploreOptions, judge?: SimTestBody) => void {
  return function exploreOf(name, scenario, judge) {
    const options: ExploreOptions = optionsOf(scenario);
    const { runs = RUNS, shrinkRuns = SHRINK_RUNS } = options;
    const beginning = beginningOf(options, name, process.env);
    declareTest(declare, {
      name,
      timeout: options.timeout ?? TIMEOUT_MS + TIMEOUT_OF_RUN_MS * (runs + shrinkRuns),
      calledAs: exploreOf,
      async run(running) {
        const template = await loadSource(options.scenario);
        const { signal } = running;
        const search = await searchPlans(template, {
          ...beginning,
          runs,
          shrinkRuns,
          signal,
          ...(judge === undefined ? {} : { judge }),
        });
        if (search.found !== undefined)
          await fail({ found: search.found, runs: search.runs, template, options, beginning, test: running });
      },
    });
  };
}

interface Failed {
  readonly found: NonNullable<Search["found"]>;
  readonly runs: number;
  readonly template: LoadedScenario;
  readonly options: ExploreOptions;
  readonly beginning: Beginning;
  readonly test: RunningTest;
}

/** @throws {ScenarioFailure} with the smallest plan; what the judge threw, with the same lines. */
async function fail({ found, runs, template, options, beginning, test: running }: Failed): Promise<never> {
  const { run, seed, path, fingerprint } = found;
  const codeFile = codeFileOf(template);
  const name = shrunkName(template.scenario.name, seed, reasonOf(run.result).what[0] ?? "judged");
  const input = asFound(found.input, name, { seed, fingerprint, version: toolVersion() });
  const yaml = scenarioYaml(input);
  const reports = reportsOf(options.reports, process.env);
  const foot: string[] = [];
  if (reports !== undefined) {
    const file = join(reports, `${name}${codeFile === undefined ? ".yaml" : ".ts"}`);
    const writeScenario = async (): Promise<string> => {
      const text = codeFile === undefined ? yaml : await shrunkText(input, { codeFile, folder: dirname(file) });
      await writeWhole(file, text);
      return file;
    };
    foot.push(await reportLine("report    ", reports, () => writtenRun(reports, run)));
    const written = await reportLine("scenario  ", reports, writeScenario);
    foot.push(written);
    // Code that a test file registers is known to that file alone.
    const isForAll = codeFile !== undefined || !usesOwnCode(template);
    if (isForAll && written.endsWith(file)) foot.push(`replay    npx faultline replay ${shellWord(file)}`);
  }
  const variable = `FAULTLINE_EXPLORE=${String(beginning.seed)}:${path}`;
  foot.push(...replayLines({ test: running, variable }).map((line) => line.replace(/^replay {2}/, "again     ")));
  const notes = [
    `plan ${String(runs)} of ${String(options.runs ?? RUNS)} fails; fast-check made it smaller ${times(found.shrinks)}  ` +
      `{ seed: ${String(beginning.seed)}, path: ${JSON.stringify(path)} }`,
    "",
    ...yaml.trimEnd().split("\n"),
    "",
    ...foot,
  ];
  if (found.thrown !== undefined) {
    addNotes(found.thrown, [`${template.scenario.name}: seed=${seed}`, ...notes]);
    throw found.thrown instanceof Error
      ? found.thrown
      : new ScenarioFailure(run, { title: `the judge threw ${inspect(found.thrown)}`, foot: notes });
  }
  throw new ScenarioFailure(run, { foot: notes });
}

function times(count: number): string {
  return count === 1 ? "once" : `${String(count)} times`;
}

function codeFileOf({ source }: LoadedScenario): string | undefined {
  return source !== undefined && /\.[mc]?[jt]s$/.test(source.path) ? source.path : undefined;
}

/** Whether a scenario names code that was registered by somebody, and does not come with the package. */
function usesOwnCode({ input }: LoadedScenario): boolean {
  const checks = input.checks === undefined || input.checks === "all" ? [] : input.checks;
  return (
    input.nodes.some(({ program }) => registeredCode("program").has(program)) ||
    (input.workload ?? []).some(({ kind }) => registeredCode("workload").has(kind)) ||
    checks.some((check) => typeof check === "string" && registeredCode("checker").has(check))
  );
}
