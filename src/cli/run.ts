import { spawn } from "node:child_process";
import { SEED_PATTERN } from "../sim/kernel/rng.ts";
import type { RunResult } from "../trace/result.ts";
import { worstExitCode } from "../lab/run/outcome.ts";
import { runScenario } from "../lab/run/run-scenario.ts";
import { asNonDeterministic, verifyRun, type Verification } from "../lab/run/verify.ts";
import { writeRun } from "../lab/run/write-run.ts";
import type { LoadedScenario } from "../lab/scenario/model.ts";
import { ScenarioError } from "../lab/scenario/problems.ts";
import { consoleReport } from "./console-report.ts";
import { ownScript } from "./own-script.ts";
import { makeFolder } from "./reports-folder.ts";
import { loadScenarios } from "./scenario-files.ts";
import { onSignals } from "./signals.ts";

export interface RunArguments {
  readonly paths: readonly string[];
  readonly seed: string;
  readonly reporter: "default" | "json";
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
  const interruption = onSignals();
  const codes: number[] = [];
  try {
    for (const loaded of scenarios) {
      codes.push(await runOne(loaded, args, interruption.signal));
      if (interruption.signal.aborted) break;
    }
  } finally {
    interruption.release();
  }
  if (scenarios.length > 1 && args.reporter === "default") process.stdout.write(tally(scenarios, codes));
  return worstExitCode(codes);
}

/** The last line of several runs: `3/3 scenarios PASS`. */
function tally(scenarios: readonly LoadedScenario[], codes: readonly number[]): string {
  const total = String(scenarios.length);
  const passed = codes.filter((code) => code === 0).length;
  const failed = codes.flatMap((code, i) =>
    code === 0 ? [] : [`${scenarios[i]?.scenario.name ?? "?"} (exit ${String(code)})`],
  );
  const open = scenarios.length - codes.length;
  const notes = [
    ...(failed.length === 0 ? [] : [`not: ${failed.join(", ")}`]),
    ...(open === 0 ? [] : [`${String(open)} did not run`]),
  ];
  return `${String(passed)}/${total} scenarios PASS${notes.length === 0 ? "" : `; ${notes.join("; ")}`}\n`;
}

async function runOne(loaded: LoadedScenario, args: RunArguments, signal: AbortSignal): Promise<number> {
  const keepTrace = args.report || args.verify;
  const { result: first, trace } = await runScenario(loaded, { seed: args.seed, keepTrace, signal });
  let result: RunResult = first;
  let verification: Verification | undefined;
  if (args.verify && trace !== undefined && !signal.aborted) {
    verification = await verifyRun(first, trace, ownScript("second-run"));
    if (!verification.holds) result = asNonDeterministic(first, verification);
  }
  const written = args.report ? await writeRun(args.reports, result, trace) : undefined;
  const toPeople = args.reporter === "json" ? process.stderr : process.stdout;
  toPeople.write(consoleReport({ result, verification, reportPath: written?.html ?? written?.directory, trace }));
  if (args.reporter === "json") process.stdout.write(`${JSON.stringify(result)}\n`);
  if (args.open && written?.html !== undefined && process.env["CI"] === undefined) openInBrowser(written.html);
  return result.exitCode;
}

function openInBrowser(path: string): void {
  const command = process.platform === "darwin" ? "open" : process.platform === "win32" ? "explorer" : "xdg-open";
  const child = spawn(command, [path], { stdio: "ignore", detached: true });
  child.on("error", () => process.stderr.write(`No program opened ${path}.\n`));
  child.unref();
}
