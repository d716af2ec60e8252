import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { statSync } from "node:fs";
import { mergeSweeps, type MergePart } from "../lab/explore/merge.ts";
import { exitCodeOfSweep, parseSweep, sweepJson } from "../lab/explore/sweep-result.ts";
import { writeWhole } from "../lab/run/write-run.ts";
import { ScenarioError } from "../lab/scenario/problems.ts";
import { writing } from "./reports-folder.ts";
import { sweepReport } from "./sweep-report.ts";

export interface MergeArguments {
  /** Files, or folders that hold a `sweep.json`. */
  readonly paths: readonly string[];
  readonly out?: string | undefined;
  readonly reporter: "default" | "json";
}

/** Makes one result of the shards of a sweep. @returns the exit code of all runs together. */
export async function mergeCommand(args: MergeArguments): Promise<number> {
  const parts: MergePart[] = [];
  for (const path of args.paths) {
    const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
    parts.push(await readPart(isFolder ? join(path, "sweep.json") : path));
  }
  const result = mergeSweeps(parts);
  const { out } = args;
  if (out !== undefined) await writing(out, () => writeWhole(out, sweepJson(result)));
  const text = sweepReport({
    result,
    replayLine: (seed, scenario) => {
      const { path = "", checks } = result.plan.scenarios[scenario] ?? {};
      // A drawn plan is in no file that a merge has seen; its seed draws it again.
      return result.plan.plans === "random"
        ? `faultline sweep ${path} --plans random --seeds ${seed}`
        : `faultline run ${path} --seed ${seed}${checks === undefined ? "" : ` --checks ${checks}`}`;
    },
    writtenTo: out,
  });
  (args.reporter === "json" ? process.stderr : process.stdout).write(text);
  if (args.reporter === "json") process.stdout.write(`${JSON.stringify(result)}\n`);
  return exitCodeOfSweep(result);
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
