import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeTrace } from "../../trace/codec.ts";
import type { RunResult } from "../../trace/result.ts";
import { RECORD_WIDTH, type Trace } from "../../trace/trace.ts";
import { recordText } from "../report/text-trace.ts";

/** The first record in which two runs differ. */
export interface Divergence {
  /** Its number. */
  readonly record: number;
  /** The record of each run; `"(the run ended)"` where one is shorter. */
  readonly first: string;
  readonly second: string;
}

/** Compares two traces record by record; `undefined` when they are equal. */
export function firstDivergence(a: Trace, b: Trace): Divergence | undefined {
  const shared = Math.min(a.count, b.count);
  for (let id = 0; id < shared; id++) {
    if (!isSameRecord(a, b, id)) return { record: id, first: lineOf(a, id), second: lineOf(b, id) };
  }
  if (a.count === b.count) return undefined;
  return { record: shared, first: lineOf(a, shared), second: lineOf(b, shared) };
}

const TEXT_COLUMNS: ReadonlySet<number> = new Set([3, 5, 6, 8, 9]);
const BODY_COLUMN = 10;

function isSameRecord(a: Trace, b: Trace, id: number): boolean {
  for (let column = 0; column < RECORD_WIDTH; column++) {
    if (column === BODY_COLUMN) continue;
    const [x, y] = [a.cell(id, column), b.cell(id, column)];
    if (TEXT_COLUMNS.has(column) ? a.strings[x] !== b.strings[y] : x !== y) return false;
  }
  return JSON.stringify(a.body(id)) === JSON.stringify(b.body(id));
}

function lineOf(trace: Trace, id: number): string {
  if (id >= trace.count) return "(the run ended)";
  const record = trace.record(id);
  return `${recordText(record)}  (cause ${String(record.cause)})`;
}

/** How to run a scenario once more elsewhere. */
export interface SecondRun {
  readonly path: string;
  /** A file may hold several scenarios. */
  readonly scenarioName: string;
  readonly seed: string;
  /** Rules in place of the file's own. */
  readonly checks?: string | undefined;
  /** The script that runs it: `src/cli/second-run.ts` or its compiled form. */
  readonly script: string;
}

export interface SecondRunAnswer {
  readonly digest: string;
  readonly trace: Trace;
}

/**
 * Runs a scenario in another process and reads back its digest and its records.
 *
 * @throws {Error} with what the process wrote to stderr when it fails.
 */
export async function runInOtherProcess(run: SecondRun): Promise<SecondRunAnswer> {
  const directory = await mkdtemp(join(tmpdir(), "faultline-verify-"));
  try {
    const file = join(directory, "trace.bin");
    const args = [
      ...(run.script.endsWith(".ts") ? ["--import", "jiti/register"] : []),
      run.script,
      JSON.stringify({ ...run, file }),
    ];
    const output = await outputOf(args);
    const { digest } = JSON.parse(output) as { digest: string };
    return { digest, trace: decodeTrace(await readFile(file)) };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function outputOf(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    let errors = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`The second run ended with ${String(code)}: ${errors.trim()}`));
    });
  });
}

/** What `--verify` found. */
export interface Verification {
  readonly holds: boolean;
  readonly secondDigest: string;
  readonly divergence?: Divergence;
}

/** Runs the scenario of a finished run again, in another process, and compares. */
export async function verifyRun(result: RunResult, trace: Trace, script: string): Promise<Verification> {
  if (result.source === undefined) throw new Error("A scenario that is no file cannot be run in another process.");
  const second = await runInOtherProcess({
    path: result.source.path,
    scenarioName: result.scenarioName,
    seed: result.seed,
    checks: result.source.checks,
    script,
  });
  if (second.digest === result.digest) return { holds: true, secondDigest: second.digest };
  const divergence = firstDivergence(trace, second.trace);
  return { holds: false, secondDigest: second.digest, ...(divergence === undefined ? {} : { divergence }) };
}

/** The result of a run whose second run differed: exit 4, whatever else was found. */
export function asNonDeterministic(result: RunResult, verification: Verification): RunResult {
  const { divergence } = verification;
  const message =
    divergence === undefined
      ? `The second run's digest is ${verification.secondDigest}, this one's ${result.digest}.`
      : `The second run differs from record ${String(divergence.record)} on: "${divergence.first}" here, "${divergence.second}" there.`;
  const facts = {
    secondDigest: verification.secondDigest,
    ...(divergence === undefined
      ? {}
      : { record: divergence.record, first: divergence.first, second: divergence.second }),
  };
  return {
    ...result,
    outcome: "non-deterministic",
    exitCode: 4,
    error: { code: "NON_DETERMINISTIC", message, node: "", facts },
  };
}
