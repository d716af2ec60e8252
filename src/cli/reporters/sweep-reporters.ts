import { appendFile } from "node:fs/promises";
import { dirname } from "node:path";
import { writeWhole } from "../../lab/run/write-run.ts";
import { makeFolder, writing } from "../reports-folder.ts";
import { isForPrograms, type ReporterChoice, type ReporterName } from "./names.ts";
import type { ReporterEnv, Streams } from "./reporters.ts";
import {
  sweepAnnotations,
  sweepHtml,
  sweepJsonl,
  sweepJsonLine,
  sweepJunit,
  sweepSummary,
  sweepText,
  type ToldSweep,
} from "./sweep-formats.ts";

/** Formats a sweep and a merge are told in: they are told whole, when they have ended. */
export const SWEEP_REPORTERS = ["default", "github", "html", "json", "jsonl", "junit"] as const;
export type SweepReporterName = (typeof SWEEP_REPORTERS)[number];

/** Finds out before the first run whether the files have a place. */
export async function prepareSweepReporters({ files }: ReporterChoice): Promise<void> {
  for (const file of Object.values(files))
    await makeFolder(dirname(file), "--output-file", "a file whose folder is there or can be");
}

/** Tells a sweep in every format that was asked for. People always get something; on stderr where a program has stdout. */
export async function tellSweep(
  told: ToldSweep,
  { choice, streams, env }: { readonly choice: ReporterChoice; readonly streams: Streams; readonly env: ReporterEnv },
): Promise<void> {
  const isTaken = choice.names.some((name) => isForPrograms(name) && choice.files[name] === undefined);
  const names: readonly ReporterName[] = choice.names.includes("default") ? choice.names : ["default", ...choice.names];
  for (const name of names) {
    const text = textOf(name, told, { env, file: choice.files[name] });
    const file = choice.files[name];
    if (file !== undefined) await writing(file, () => writeWhole(file, text));
    else (isForPrograms(name) || !isTaken ? streams.stdout : streams.stderr).write(text);
  }
  const { GITHUB_STEP_SUMMARY: page = "" } = env;
  if (choice.names.includes("github") && page !== "") await writing(page, () => appendFile(page, sweepSummary(told)));
}

function textOf(
  name: ReporterName,
  told: ToldSweep,
  { env, file = "index.html" }: { readonly env: ReporterEnv; readonly file: string | undefined },
): string {
  switch (name) {
    case "github":
      return sweepAnnotations(told, env.GITHUB_WORKSPACE ?? ".");
    case "html":
      return sweepHtml(told, dirname(file));
    case "json":
      return sweepJsonLine(told);
    case "jsonl":
      return sweepJsonl(told);
    case "junit":
      return sweepJunit(told);
    default:
      return sweepText(told);
  }
}
