import { SEED_PATTERN } from "../sim/kernel/rng.ts";
import type { RunResult } from "../trace/result.ts";
import { worstExitCode } from "../lab/run/outcome.ts";
import { runScenario } from "../lab/explore/drawn.ts";
import { asNonDeterministic, verifyRun, type Verification } from "../lab/run/verify.ts";
import { writeRun } from "../lab/run/write-run.ts";
import { ScenarioError } from "../lab/scenario/problems.ts";
import { matching } from "./grep.ts";
import { lastFailed, writeLastRun, type PlannedRun } from "./last-run.ts";
import { openPage, pageToOpen, type Opening } from "./open-page.ts";
import { ownScript } from "./own-script.ts";
import type { ReporterChoice } from "./reporters/names.ts";
import { Reporters } from "./reporters/reporters.ts";
import { makeFolder, writing } from "./reports-folder.ts";
import { loadScenarios } from "./scenario-files.ts";
import { onSignals } from "./signals.ts";

export interface RunArguments {
  /** May be none with `lastFailed`. */
  readonly paths: readonly string[];
  readonly seed: string;
  /** Rules to judge in place of those of the scenarios, as `--checks` writes them. */
  readonly checks?: string | undefined;
  /** Pattern of the names of scenarios to run. */
  readonly grep?: string | undefined;
  /** Runs what did not pass last time, with the seeds it had. */
  readonly lastFailed: boolean;
  /** Runs that do not pass after which no other begins; 0 for none. */
  readonly bail: number;
  readonly reporters: ReporterChoice;
  readonly verify: boolean;
  readonly report: boolean;
  readonly reports: string;
  /** Whether the first page is opened, or the first of a run that did not pass; never where `CI` is set. */
  readonly open: Opening;
}

/** Runs scenarios one after another. Everything is loaded and checked before the first runs. @returns the exit code. */
export async function runCommand(args: RunArguments): Promise<number> {
  if (!SEED_PATTERN.test(args.seed)) {
    throw new ScenarioError([
      {
        code: "SEED",
        path: [],
        file: "--seed",
        message: "This is no seed.",
        expected: "1 to 64 of [0-9A-Za-z._-], first a letter or digit",
        got: JSON.stringify(args.seed),
      },
    ]);
  }
  const planned = await plannedRuns(args);
  if (planned.length === 0) process.stderr.write("Everything passed last time.\n");
  if (args.report) await makeFolder(args.reports);
  const reporters = new Reporters(args.reporters, process, process.env);
  await reporters.prepare();
  const interruption = onSignals();
  const results: RunResult[] = [];
  const pages: { readonly html: string | undefined; readonly exitCode: number }[] = [];
  let failed = 0;
  try {
    for (const run of planned) {
      const { result, html } = await runOne(run, { args, reporters, signal: interruption.signal });
      results.push(result);
      pages.push({ html, exitCode: result.exitCode });
      if (interruption.signal.aborted) break;
      if (result.exitCode !== 0 && ++failed === args.bail) break;
    }
  } finally {
    interruption.release();
  }
  if (args.report) await writing(args.reports, () => writeLastRun(args.reports, results));
  const exitCode = worstExitCode(results.map((result) => result.exitCode));
  await reporters.end({ exitCode, planned: planned.length });
  const page = process.env["CI"] === undefined ? pageToOpen(args.open, pages) : undefined;
  const trouble = page === undefined ? undefined : await openPage(page);
  if (trouble !== undefined) process.stderr.write(`${trouble}\n`);
  return exitCode;
}

async function plannedRuns(args: RunArguments): Promise<readonly PlannedRun[]> {
  const { paths, seed, grep, reports, checks } = args;
  if (!args.lastFailed) return matching(await loadScenarios(paths, checks), grep).map((loaded) => ({ loaded, seed }));
  const failed = await lastFailed(reports, paths, checks);
  if (failed.length === 0) return [];
  const wanted = matching(
    failed.map(({ loaded }) => loaded),
    grep,
  );
  return failed.filter(({ loaded }) => wanted.includes(loaded));
}

interface RunContext {
  readonly args: RunArguments;
  readonly reporters: Reporters;
  readonly signal: AbortSignal;
}

async function runOne(
  { loaded, seed }: PlannedRun,
  { args, reporters, signal }: RunContext,
): Promise<{ readonly result: RunResult; readonly html: string | undefined }> {
  const keepTrace = args.report || args.verify;
  const { result: first, trace } = await runScenario(loaded, { seed, keepTrace, signal });
  let result: RunResult = first;
  let verification: Verification | undefined;
  if (args.verify && trace !== undefined && !signal.aborted) {
    verification = await verifyRun(first, trace, ownScript("second-run"));
    if (!verification.holds) result = asNonDeterministic(first, verification);
  }
  const written = args.report ? await writing(args.reports, () => writeRun(args.reports, result, trace)) : undefined;
  reporters.run({ result, verification, reportPath: written?.html ?? written?.directory, trace });
  return { result, html: written?.html };
}
