import pc from "picocolors";
import { canonicalJson } from "../lab/explore/canonical-json.ts";
import { compareRuns } from "../lab/explore/replay.ts";
import type { RunResult } from "../trace/result.ts";
import { readStored } from "./stored-run.ts";

/**
 * Says where two stored runs part, and in what they ended differently.
 *
 * @returns 0 for one and the same run, 4 for two of one scenario, seed and version that differ, 1 for any other two.
 */
export function diffCommand(paths: {
  readonly first: string;
  readonly second: string;
  readonly json: boolean;
}): number {
  const first = readStored(paths.first);
  const second = readStored(paths.second);
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
  const isSameRun = isSame && lines.length === 0;
  const exitCode = isSameRun ? 0 : areTwins(first.result, second.result) ? 4 : 1;
  const text = isSameRun
    ? `${pc.green("✓")} the same run  ${pc.dim(`digest ${first.result.digest}`)}`
    : lines.join("\n");
  (paths.json ? process.stderr : process.stdout).write(`${text}\n`);
  if (paths.json)
    process.stdout.write(`${JSON.stringify({ isSame: isSameRun, divergence, contradiction, exitCode })}\n`);
  return exitCode;
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
