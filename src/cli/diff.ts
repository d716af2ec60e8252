import { join, parse, resolve } from "node:path";
import pc from "picocolors";
import { canonicalJson } from "../lab/explore/canonical-json.ts";
import { compareRuns } from "../lab/explore/replay.ts";
import type { DiffFact } from "../lab/report/diff-model.ts";
import { writeDiff } from "../lab/report/write-diff.ts";
import { RESULT_VERSION, type RunResult } from "../trace/result.ts";
import type { Trace } from "../trace/trace.ts";
import { diffFacts } from "./diff-facts.ts";
import { makeFolder, writing } from "./reports-folder.ts";
import { readStored } from "./stored-run.ts";

export interface DiffArguments {
  /** A `result.json`, or its folder. */
  readonly first: string;
  readonly second: string;
  /** Whether a page of both is written where they part. */
  readonly report: boolean;
  /** Folder for reports; the page is in one of its own there. */
  readonly reports: string;
  /** Folder of the page itself. */
  readonly out?: string | undefined;
  readonly json: boolean;
}

interface Stored {
  readonly result: RunResult;
  readonly trace: Trace | undefined;
}

/**
 * Says where two stored runs part, and in what they ended differently, and draws both beside each other.
 *
 * @returns 0 for one and the same run, 4 for two of one scenario, seed and version that differ, 1 for any other two.
 */
export async function diffCommand(args: DiffArguments): Promise<number> {
  const first = readStored(args.first);
  const second = readStored(args.second);
  const { isSame, divergence, contradiction } = compareRuns(first, second);
  const facts = diffFacts(first.result, second.result);
  const lines = facts.map(({ name, first: was, second: is }) => `${name}: ${pc.red(was)} → ${pc.green(is)}`);
  if (divergence !== undefined)
    lines.push(
      `first divergence: record ${String(divergence.record)}`,
      `  ${pc.red("-")} ${divergence.first}`,
      `  ${pc.green("+")} ${divergence.second}`,
    );
  else if (contradiction !== undefined) {
    const path = args[contradiction];
    lines.push(`${path}: the digest is not that of the records beside it.`);
  } else if (!isSame) {
    const missing = [first.trace === undefined ? args.first : "", second.trace === undefined ? args.second : ""];
    lines.push(`No records to compare beside ${missing.filter((path) => path !== "").join(" and ")}.`);
  }
  const isSameRun = isSame && lines.length === 0;
  const page =
    divergence !== undefined && args.report
      ? await writePage(args, { first, second }, { record: divergence.record, facts })
      : undefined;
  if (page !== undefined) lines.push(page.words);
  const exitCode = isSameRun ? 0 : areTwins(first.result, second.result) ? 4 : 1;
  const text = isSameRun
    ? `${pc.green("✓")} the same run  ${pc.dim(`digest ${first.result.digest}`)}`
    : lines.join("\n");
  (args.json ? process.stderr : process.stdout).write(`${text}\n`);
  if (args.json)
    process.stdout.write(
      `${JSON.stringify({ isSame: isSameRun, divergence, contradiction, report: page?.path, exitCode })}\n`,
    );
  return exitCode;
}

/** The page of both runs; without it, why there is none. */
async function writePage(
  args: DiffArguments,
  { first, second }: { readonly first: Stored; readonly second: Stored },
  difference: { readonly record: number; readonly facts: readonly DiffFact[] },
): Promise<{ readonly path?: string; readonly words: string } | undefined> {
  if (first.trace === undefined || second.trace === undefined) return undefined;
  for (const { result } of [first, second])
    if ((result.schema as number) !== RESULT_VERSION)
      return {
        words: `No page: a result has format ${String(result.schema)}, this version draws ${String(RESULT_VERSION)}.`,
      };
  const folder = args.out ?? join(args.reports, "diff", `${nameOf(args.first)}--${nameOf(args.second)}`);
  await makeFolder(folder, args.out === undefined ? "--reports" : "--out");
  const runs = {
    first: { result: first.result, trace: first.trace, label: args.first },
    second: { result: second.result, trace: second.trace, label: args.second },
  };
  const path = await writing(folder, () => writeDiff(folder, runs, difference));
  return { path, words: `both runs, side by side: ${path}` };
}

/** The folder a result is in, which is named after its scenario and seed. */
function nameOf(path: string): string {
  const { dir, base, ext, name } = parse(resolve(path));
  return ext !== ".json" ? base : base === "result.json" ? parse(dir).base : name;
}

/** Whether two results should be of one run. */
function areTwins(a: RunResult, b: RunResult): boolean {
  const key = ({ scenario, seed, tool }: RunResult): string => canonicalJson({ scenario, seed, tool });
  return key(a) === key(b);
}
