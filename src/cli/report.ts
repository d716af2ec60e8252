import { dirname, join } from "node:path";
import { statSync } from "node:fs";
import { writeReport } from "../lab/report/write-report.ts";
import { EXPORT_FORMATS } from "../lab/report/exports/formats.ts";
import { writeWhole } from "../lab/run/write-run.ts";
import { nearest } from "../lab/scenario/nearest.ts";
import { ScenarioError } from "../lab/scenario/problems.ts";
import { RESULT_VERSION, type RunResult } from "../trace/result.ts";
import type { Trace } from "../trace/trace.ts";
import { parseDuration } from "../trace/units.ts";
import { consoleReport } from "./console-report.ts";
import { makeFolder, writing } from "./reports-folder.ts";
import { readStored } from "./stored-run.ts";

/** The timeline as a page with its picture; every other format is an export. */
const PAGE = "html";
const FORMATS: readonly string[] = [PAGE, ...EXPORT_FORMATS.map(({ name }) => name)];

export interface ReportArguments {
  /** A `result.json`, or its folder. */
  readonly path: string;
  /** Names of formats with commas. */
  readonly format: string;
  /** Folder to write to; default that of the result. */
  readonly out?: string | undefined;
  /** Virtual times between which exports tell the run. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly json: boolean;
}

/** Writes what people read of a stored run anew, without running it. @returns 0, whatever the run's own code was. */
export async function reportCommand(args: ReportArguments): Promise<number> {
  const formats = args.format.split(",").map(formatNamed);
  const slice = { from: moment(args.from, "--from", 0), to: moment(args.to, "--to", Infinity) };
  const { result, trace } = readStored(args.path);
  if ((result.schema as number) !== RESULT_VERSION)
    throw refusal("RESULT_VERSION", args.path, {
      message: `The result has format ${String(result.schema)}.`,
      expected: `format ${String(RESULT_VERSION)}, or the version that wrote it`,
    });
  if (trace === undefined)
    throw refusal("TRACE_FILE", args.path, {
      message: "There are no records beside the result.",
      expected: "its trace.bin; faultline replay makes them again",
    });
  const folder = args.out ?? folderOf(args.path);
  await makeFolder(folder, "--out", "a folder, there or to be made");
  const written: string[] = [];
  for (const format of formats)
    written.push(...(await writing(folder, () => write(format, { result, trace }, { folder, slice }))));
  const page = written.find((path) => path.endsWith(".html"));
  const text = `${consoleReport({ result, trace, reportPath: page })}${written.map((path) => `wrote ${path}\n`).join("")}`;
  (args.json ? process.stderr : process.stdout).write(text);
  if (args.json) process.stdout.write(`${JSON.stringify({ written, result })}\n`);
  return 0;
}

async function write(
  format: string,
  { result, trace }: { readonly result: RunResult; readonly trace: Trace },
  { folder, slice }: { readonly folder: string; readonly slice: { readonly from: number; readonly to: number } },
): Promise<string[]> {
  if (format === PAGE) return [(await writeReport(folder, result, trace)).html];
  const known = EXPORT_FORMATS.find(({ name }) => name === format);
  if (known === undefined) return [];
  const path = join(folder, `run.${known.extension}`);
  await writeWhole(path, [...known.pieces(result, trace, slice)].join(""));
  return [path];
}

function folderOf(path: string): string {
  return statSync(path).isDirectory() ? path : dirname(path);
}

function formatNamed(name: string): string {
  if (FORMATS.includes(name)) return name;
  const near = nearest(name, FORMATS);
  throw refusal("FORMAT", "--format", {
    message: "There is no such format.",
    expected: `one of ${FORMATS.join(", ")}`,
    got: JSON.stringify(name),
    ...(near === undefined ? {} : { nearest: near }),
  });
}

function moment(text: string | undefined, option: string, otherwise: number): number {
  if (text === undefined) return otherwise;
  const time = parseDuration(text);
  if (time !== undefined && time >= 0) return time;
  throw refusal("MOMENT", option, {
    message: "This is no moment of a run.",
    expected: 'a time with its unit, as "12.5s"',
    got: JSON.stringify(text),
  });
}

function refusal(
  code: string,
  file: string,
  problem: { readonly message: string; readonly expected: string; readonly got?: string; readonly nearest?: string },
): ScenarioError {
  return new ScenarioError([{ code, path: [], file, ...problem }]);
}
