import { spawn } from "node:child_process";
import { SEED_PATTERN } from "../sim/kernel/rng.ts";
import type { RunResult } from "../trace/result.ts";
import { worstExitCode } from "../lab/run/outcome.ts";
import { runScenario } from "../lab/run/run-scenario.ts";
import { asNonDeterministic, verifyRun, type Verification } from "../lab/run/verify.ts";
import { writeRun } from "../lab/run/write-run.ts";
import type { LoadedScenario } from "../lab/scenario/model.ts";
import { ScenarioError } from "../lab/scenario/problems.ts";
import { ownScript } from "./own-script.ts";
import type { ReporterChoice } from "./reporters/names.ts";
import { Reporters } from "./reporters/reporters.ts";
import { makeFolder } from "./reports-folder.ts";
import { loadScenarios } from "./scenario-files.ts";
import { onSignals } from "./signals.ts";

export interface RunArguments {
  readonly paths: readonly string[];
  readonly seed: string;
  readonly reporters: ReporterChoice;
  readonly verify: boolean;
  readonly report: boolean;
  readonly reports: string;
  readonly open: boolean;
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
  const scenarios = await loadScenarios(args.paths);
  if (args.report) await makeFolder(args.reports);
  const reporters = new Reporters(args.reporters, process, process.env);
  await reporters.prepare();
  const interruption = onSignals();
  const codes: number[] = [];
  try {
    for (const loaded of scenarios) {
      codes.push(await runOne(loaded, { args, reporters, signal: interruption.signal }));
      if (interruption.signal.aborted) break;
    }
  } finally {
    interruption.release();
  }
  const exitCode = worstExitCode(codes);
  await reporters.end({ exitCode, planned: scenarios.length });
  return exitCode;
}

interface RunContext {
  readonly args: RunArguments;
  readonly reporters: Reporters;
  readonly signal: AbortSignal;
}

async function runOne(loaded: LoadedScenario, { args, reporters, signal }: RunContext): Promise<number> {
  const keepTrace = args.report || args.verify;
  const { result: first, trace } = await runScenario(loaded, { seed: args.seed, keepTrace, signal });
  let result: RunResult = first;
  let verification: Verification | undefined;
  if (args.verify && trace !== undefined && !signal.aborted) {
    verification = await verifyRun(first, trace, ownScript("second-run"));
    if (!verification.holds) result = asNonDeterministic(first, verification);
  }
  const written = args.report ? await writeRun(args.reports, result, trace) : undefined;
  reporters.run({ result, verification, reportPath: written?.html ?? written?.directory, trace });
  if (args.open && written?.html !== undefined && process.env["CI"] === undefined) openInBrowser(written.html);
  return result.exitCode;
}

function openInBrowser(path: string): void {
  const command = process.platform === "darwin" ? "open" : process.platform === "win32" ? "explorer" : "xdg-open";
  const child = spawn(command, [path], { stdio: "ignore", detached: true });
  child.on("error", () => process.stderr.write(`No program opened ${path}.\n`));
  child.unref();
}
