import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { Places, type PlanMode } from "../lab/explore/plan.ts";
import type { SweepResult } from "../lab/explore/sweep-result.ts";
import { writeWhole } from "../lab/run/write-run.ts";
import { ScenarioError } from "../lab/scenario/problems.ts";
import { scenarioFiles } from "./scenario-files.ts";

const lastSweepSchema = z.strictObject({
  schema: z.literal(1),
  plans: z.enum(["scenario", "written", "random"]),
  failed: z.array(z.strictObject({ path: z.string(), scenario: z.string(), seed: z.string() })),
});

/** What failed in the last sweep into a reports folder; `last-sweep.json`. */
type LastSweep = z.infer<typeof lastSweepSchema>;

/** What is to be swept again. */
export interface FailedSeeds {
  readonly paths: readonly string[];
  /** Names of the scenarios that failed. */
  readonly scenarios: readonly string[];
  /** As `--seeds` writes them; `""` when nothing failed. */
  readonly seeds: string;
  readonly plans: PlanMode;
}

export async function writeLastSweep(reports: string, { plan, failures }: SweepResult): Promise<void> {
  const places = new Places(plan);
  const failed = failures.map(({ place, seed }) => {
    const { path = "", name = "" } = plan.scenarios[places.scenarioOf(place)] ?? {};
    return { path, scenario: name, seed };
  });
  const content: LastSweep = { schema: 1, plans: plan.plans, failed };
  await writeWhole(join(reports, "last-sweep.json"), `${JSON.stringify(content, undefined, 2)}\n`);
}

/**
 * The seeds that failed in the last sweep, each of which every scenario that failed then is run with.
 *
 * @param paths  Files and folders to which this is limited; none for no limit.
 * @throws {ScenarioError} `LAST_SWEEP` when it is not known.
 */
export function failedSeeds(reports: string, paths: readonly string[]): FailedSeeds {
  const last = read(join(reports, "last-sweep.json"));
  const wanted = paths.length === 0 ? undefined : new Set(scenarioFiles(paths));
  const failed = last.failed.filter(({ path }) => wanted === undefined || wanted.has(path));
  const distinct = (values: readonly string[]): string[] => [...new Set(values)];
  return {
    paths: distinct(failed.map(({ path }) => path)),
    scenarios: distinct(failed.map(({ scenario }) => scenario)),
    seeds: distinct(failed.map(({ seed }) => seed)).join(","),
    plans: last.plans,
  };
}

function read(file: string): LastSweep {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? "not JSON";
    throw refusal(file, `The last sweep cannot be read (${reason}).`, "a sweep with reports before this one");
  }
  const parsed = lastSweepSchema.safeParse(value);
  if (!parsed.success) throw refusal(file, "This is not what a sweep writes.", "the last-sweep.json of this version");
  return parsed.data;
}

function refusal(file: string, message: string, expected: string): ScenarioError {
  return new ScenarioError([{ code: "LAST_SWEEP", path: [], file, message, expected }]);
}
