import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { buildDiff, type DiffRun } from "./build-diff.ts";
import type { DiffFact } from "./diff-model.ts";
import { renderDiffHtml } from "./html-diff.ts";
import { writeWhole } from "./write-report.ts";

/** Writes `diff.html` into a directory, whole or not at all. @returns its path. */
export async function writeDiff(
  directory: string,
  runs: { readonly first: DiffRun; readonly second: DiffRun },
  difference: { readonly record: number; readonly facts: readonly DiffFact[] },
): Promise<string> {
  const page = renderDiffHtml(buildDiff(runs.first, runs.second, difference));
  await mkdir(directory, { recursive: true });
  const path = join(directory, "diff.html");
  await writeWhole(path, page);
  return path;
}
