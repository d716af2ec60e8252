import pc from "picocolors";
import { fingerprintOf } from "../lab/explore/fingerprint.ts";
import { compareRuns, type Comparison } from "../lab/explore/replay.ts";
import { runScenario } from "../lab/run/run-scenario.ts";
import { asNonDeterministic, runInOtherProcess, type Verification } from "../lab/run/verify.ts";
import { writeRun } from "../lab/run/write-run.ts";
import { consoleReport } from "./console-report.ts";
import { ownScript } from "./own-script.ts";
import { makeFolder, writing } from "./reports-folder.ts";
import { loadStoredRun, type StoredRun } from "./stored-run.ts";

export interface ReplayArguments {
  /** A `result.json`, its folder, or a scenario. */
  readonly path: string;
  readonly seed?: string | undefined;
  readonly report: boolean;
  readonly reports: string;
  readonly json: boolean;
}

/**
 * Makes a run again and compares it with what was stored; where nothing was, with a run in another process.
 *
 * @returns the exit code of the run itself, when it is the same run; else 4.
 */
export async function replayCommand(args: ReplayArguments): Promise<number> {
  const stored = await loadStoredRun(args.path, args.seed);
  if (args.report) await makeFolder(args.reports);
  const { loaded, seed } = stored;
  const { result, trace } = await runScenario(loaded, { seed, keepTrace: true });
  const reference = await referenceOf(stored);
  const comparison = compareRuns(reference, { result, trace });
  const verification: Verification = {
    holds: comparison.isSame,
    secondDigest: reference.result.digest,
    ...(comparison.divergence === undefined ? {} : { divergence: comparison.divergence }),
  };
  const judged = comparison.isSame ? result : asNonDeterministic(result, verification);
  const written = args.report ? await writing(args.reports, () => writeRun(args.reports, judged, trace)) : undefined;
  const people = args.json ? process.stderr : process.stdout;
  people.write(consoleReport({ result: judged, reportPath: written?.html ?? written?.directory, trace }));
  people.write(`${comparisonText(comparison, reference)}\n`);
  const { found } = loaded.input;
  if (found !== undefined && trace !== undefined && comparison.isSame)
    people.write(`${foundText(found, fingerprintOf(result, trace))}\n`);
  if (args.json) process.stdout.write(`${JSON.stringify({ ...comparison, result: judged })}\n`);
  return judged.exitCode;
}

interface Reference extends Pick<StoredRun, "trace"> {
  readonly result: { readonly digest: string };
  readonly name: string;
}

async function referenceOf({ loaded, seed, result, trace }: StoredRun): Promise<Reference> {
  if (result !== undefined) return { result, name: "stored", ...(trace === undefined ? {} : { trace }) };
  if (loaded.source === undefined) throw new Error("A scenario that is no file cannot be run in another process.");
  const other = await runInOtherProcess({
    path: loaded.source.path,
    scenarioName: loaded.scenario.name,
    seed,
    checks: loaded.source.checks,
    script: ownScript("second-run"),
  });
  return { result: { digest: other.digest }, trace: other.trace, name: "second process" };
}

function comparisonText({ isSame, divergence, contradiction }: Comparison, reference: Reference): string {
  if (isSame) return `${pc.green("✓")} ${pc.bold("the same run")}  ${pc.dim(`digest ${reference.result.digest}`)}`;
  if (divergence !== undefined)
    return [
      `${pc.red("✗")} ${pc.bold(`another run from record ${String(divergence.record)} on`)}`,
      `  ${reference.name}  ${divergence.first}`,
      `  now     ${divergence.second}`,
    ].join("\n");
  const why =
    contradiction === "first"
      ? `the stored digest ${reference.result.digest} is not that of the stored records`
      : `the digests differ: ${reference.name} ${reference.result.digest}`;
  return `${pc.red("✗")} ${pc.bold(why)}`;
}

function foundText(found: { readonly fingerprint: string; readonly version: string }, now: string): string {
  if (now === found.fingerprint) return `${pc.green("✓")} it fails as it was found to  ${pc.dim(now)}`;
  return `${pc.yellow("!")} it was found to end ${found.fingerprint} by version ${found.version}; now it ends ${now}`;
}
