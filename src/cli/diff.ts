import { statSync } from "node:fs";
import { join } from "node:path";
import pc from "picocolors";
import { canonicalJson } from "../lab/explore/canonical-json.ts";
import { compareRuns } from "../lab/explore/replay.ts";
import { ScenarioError } from "../lab/scenario/problems.ts";
import type { RunResult } from "../trace/result.ts";
import type { Trace } from "../trace/trace.ts";
import { readResult, readTrace } from "./stored-run.ts";

/**
 * Says where two stored runs part, and in what they ended differently.
 *
 * @returns 0 for one and the same run, 4 for two of one scenario, seed and version that differ, 1 for any other two.
 */
export function diffCommand(paths: { readonly first: string; readonly second: string }): number {
  const first = read(paths.first);
  const second = read(paths.second);
  const { isSame, divergence, contradiction } = compareRuns(first, second);
  const lines = differences(first.result, second.result);
  if (divergence !== undefined)
    lines.push(
      `first divergence: record ${String(divergence.record)}`,
      `  ${pc.red("-")} ${divergence.first}`,
      `  ${pc.green("+")} ${divergence.second}`,
    );
  else if (contradiction !== undefined) {
    const path = paths[contradiction];
    lines.push(`${path}: the digest is not that of the records beside it.`);
  } else if (!isSame) {
    const missing = [first.trace === undefined ? paths.first : "", second.trace === undefined ? paths.second : ""];
    lines.push(`No records to compare beside ${missing.filter((path) => path !== "").join(" and ")}.`);
  }
  if (isSame && lines.length === 0) {
    process.stdout.write(`${pc.green("✓")} the same run  ${pc.dim(`digest ${first.result.digest}`)}\n`);
    return 0;
  }
  process.stdout.write(`${lines.join("\n")}\n`);
  return areTwins(first.result, second.result) ? 4 : 1;
}

interface Stored {
  readonly result: RunResult;
  readonly trace?: Trace | undefined;
}

function read(path: string): Stored {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  const file = isFolder ? join(path, "result.json") : path;
  const result = readResult(file);
  if (result === undefined)
    throw new ScenarioError([
      { code: "RESULT_FILE", path: [], file, message: "The file is no result of a run.", expected: "a result.json" },
    ]);
  return { result, trace: readTrace(file) };
}

/** Whether two results should be of one run. */
function areTwins(a: RunResult, b: RunResult): boolean {
  const key = ({ scenario, seed, tool }: RunResult): string => canonicalJson({ scenario, seed, tool });
  return key(a) === key(b);
}

/** What two results say differently, apart from their records. */
function differences(a: RunResult, b: RunResult): string[] {
  const lines: string[] = [];
  const compare = (what: string, x: string, y: string): void => {
    if (x !== y) lines.push(`${what}: ${pc.red(x)} → ${pc.green(y)}`);
  };
  compare("scenario", a.scenarioName, b.scenarioName);
  if (a.scenarioName === b.scenarioName && canonicalJson(a.scenario) !== canonicalJson(b.scenario))
    lines.push("scenario: the same name, other contents");
  compare("seed", a.seed, b.seed);
  compare("version", a.tool.version, b.tool.version);
  compare("outcome", a.outcome, b.outcome);
  const verdicts = new Map(b.verdicts.map((verdict) => [verdict.checker, verdict]));
  for (const { checker, verdict } of a.verdicts)
    compare(checker, verdict, verdicts.get(checker)?.verdict ?? "not there");
  for (const [i, { text, held }] of a.expects.entries())
    compare(`expect ${text}`, held ? "held" : "failed", (b.expects[i]?.held ?? held) ? "held" : "failed");
  for (const key of ["records", "sent", "dropped", "operations", "ok", "fail", "info"] as const)
    compare(key, String(a.counts[key]), String(b.counts[key]));
  compare("digest", a.digest, b.digest);
  return lines;
}
