import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { writeWhole } from "../lab/run/write-run.ts";
import type { LoadedScenario } from "../lab/scenario/model.ts";
import { ScenarioError } from "../lab/scenario/problems.ts";
import type { RunResult } from "../trace/result.ts";
import { loadScenarios, scenarioFiles } from "./scenario-files.ts";

const lastRunSchema = z.strictObject({
  schema: z.literal(1),
  runs: z.array(z.strictObject({ path: z.string(), scenario: z.string(), seed: z.string(), exitCode: z.int() })),
});

/** What the last `run` into a reports folder ran, and how each ended; `last-run.json`. */
type LastRun = z.infer<typeof lastRunSchema>;

/** A scenario and the seed to run it with. */
export interface PlannedRun {
  readonly loaded: LoadedScenario;
  readonly seed: string;
}

export async function writeLastRun(reports: string, results: readonly RunResult[]): Promise<void> {
  const runs = results.map(({ source, scenarioName, seed, exitCode }) => ({
    path: source?.path ?? "",
    scenario: scenarioName,
    seed,
    exitCode,
  }));
  const content: LastRun = { schema: 1, runs };
  await writeWhole(join(reports, "last-run.json"), `${JSON.stringify(content, undefined, 2)}\n`);
}

/**
 * What did not pass in the last run, each with the seed it had.
 *
 * @param paths  Files and folders to which this is limited; none for no limit.
 * @throws {ScenarioError} `LAST_RUN` when it is not known, or a scenario that failed is there no more.
 */
export async function lastFailed(reports: string, paths: readonly string[], checks?: string): Promise<PlannedRun[]> {
  const file = join(reports, "last-run.json");
  const wanted = paths.length === 0 ? undefined : new Set(scenarioFiles(paths));
  const failed = read(file).runs.filter(
    ({ path, exitCode }) => exitCode !== 0 && (wanted === undefined || wanted.has(path)),
  );
  if (failed.length === 0) return [];
  const scenarios = await loadScenarios([...new Set(failed.map(({ path }) => path))], checks);
  return failed.map(({ path, scenario: name, seed }) => {
    const loaded = scenarios.find(({ scenario, source }) => scenario.name === name && source?.path === path);
    if (loaded === undefined)
      throw refusal(file, `${path} holds no scenario called "${name}" any more.`, "what failed to be there still");
    return { loaded, seed };
  });
}

function read(file: string): LastRun {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? "not JSON";
    throw refusal(file, `The last run cannot be read (${reason}).`, "a run with reports before this one");
  }
  const parsed = lastRunSchema.safeParse(value);
  if (!parsed.success) throw refusal(file, "This is not what a run writes.", "the last-run.json of this version");
  return parsed.data;
}

function refusal(file: string, message: string, expected: string): ScenarioError {
  return new ScenarioError([{ code: "LAST_RUN", path: [], file, message, expected }]);
}
