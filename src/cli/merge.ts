import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { statSync } from "node:fs";
import { mergeSweeps, type MergePart } from "../lab/explore/merge.ts";
import { coverageExitCode } from "../lab/explore/coverage.ts";
import { exitCodeOfSweep, parseSweep, sweepJson } from "../lab/explore/sweep-result.ts";
import { worstExitCode } from "../lab/run/outcome.ts";
import { writeWhole } from "../lab/run/write-run.ts";
import { ScenarioError } from "../lab/scenario/problems.ts";
import type { ReporterChoice } from "./reporters/names.ts";
import { prepareSweepReporters, tellSweep } from "./reporters/sweep-reporters.ts";
import { writing } from "./reports-folder.ts";
import { replayOfSweep } from "./sweep-replay.ts";

export interface MergeArguments {
  /** Files, or folders that hold a `sweep.json`. */
  readonly paths: readonly string[];
  readonly out?: string | undefined;
  readonly reporters: ReporterChoice;
  /** As of a sweep. */
  readonly requireCoverage: boolean;
}

/** Makes one result of the shards of a sweep. @returns the exit code of all runs together. */
export async function mergeCommand(args: MergeArguments): Promise<number> {
  await prepareSweepReporters(args.reporters);
  const parts: MergePart[] = [];
  for (const path of args.paths) {
    const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
    parts.push(await readPart(isFolder ? join(path, "sweep.json") : path));
  }
  const result = mergeSweeps(parts);
  const { out } = args;
  if (out !== undefined) await writing(out, () => writeWhole(out, sweepJson(result)));
  const exitCode = worstExitCode([exitCodeOfSweep(result), coverageExitCode(result, args.requireCoverage)]);
  await tellSweep(
    {
      result,
      replayLine: replayOfSweep(result.plan),
      writtenTo: out,
      exitCode,
      isCoverageRequired: args.requireCoverage,
      startedAt: new Date().toISOString(),
    },
    { choice: args.reporters, streams: process, env: process.env },
  );
  return exitCode;
}

async function readPart(file: string): Promise<MergePart> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    const message = `The file cannot be read (${(error as NodeJS.ErrnoException).code ?? "?"}).`;
    throw new ScenarioError([{ code: "SWEEP_FILE", path: [], file, message, expected: "a sweep.json" }], {
      cause: error,
    });
  }
  return { file, result: parseSweep(text, file) };
}
