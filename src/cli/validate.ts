import pc from "picocolors";
import { drawn } from "../lab/explore/drawn.ts";
import type { LoadedScenario } from "../lab/scenario/model.ts";
import { ScenarioError } from "../lab/scenario/problems.ts";
import { loadScenarios } from "./scenario-files.ts";

export interface ValidateOptions {
  /** Rules to judge in place of those of the scenarios, as `--checks` writes them. */
  readonly checks?: string | undefined;
  /** Tells what is right and what is wrong as one line of JSON on stdout. */
  readonly json?: boolean;
}

/** Checks scenarios without running them. @returns 0, or 2 as JSON; else everything wrong is thrown together. */
export async function validateCommand(paths: readonly string[], options: ValidateOptions = {}): Promise<number> {
  const json = options.json ?? false;
  const people = json ? process.stderr : process.stdout;
  let scenarios: readonly LoadedScenario[];
  try {
    scenarios = await loadScenarios(paths, options.checks);
    // What is wrong with a plan may show only when it is drawn.
    for (const loaded of scenarios) await drawnWithPlace(loaded);
  } catch (error) {
    if (!json || !(error instanceof ScenarioError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.stdout.write(`${JSON.stringify({ valid: false, problems: error.problems })}\n`);
    return 2;
  }
  for (const { scenario, source } of scenarios)
    people.write(`${pc.green("✓")} ${scenario.name}  ${pc.dim(source?.path ?? "")}\n`);
  const told = scenarios.map(({ scenario, source }) => ({ name: scenario.name, path: source?.path }));
  if (json) process.stdout.write(`${JSON.stringify({ valid: true, scenarios: told })}\n`);
  return 0;
}

async function drawnWithPlace(loaded: LoadedScenario): Promise<void> {
  try {
    await drawn(loaded, "1");
  } catch (error) {
    if (!(error instanceof ScenarioError) || loaded.source === undefined) throw error;
    const { path } = loaded.source;
    throw new ScenarioError(
      error.problems.map((problem) => ({ file: path, ...problem })),
      { cause: error },
    );
  }
}
