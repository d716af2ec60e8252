import { join, relative, resolve } from "node:path";
import { runsIn } from "../../lab/explore/sweep-result.ts";
import { uncovered } from "../../lab/explore/coverage.ts";
import { runsPage } from "../../lab/report/runs-page.ts";
import { sweepPageModel } from "../sweep-page.ts";
import { sweepReport, type SweepReport } from "../sweep-report.ts";
import { didFail, type Case } from "./cases.ts";
import { annotation, cell } from "./github-text.ts";
import { junitFile, junitSuite } from "./junit-suite.ts";
import { lineOf } from "./locate.ts";
import { sweepCases } from "./sweep-cases.ts";

/** Everything about a sweep that has ended, or shards that were merged. */
export interface ToldSweep extends SweepReport {
  readonly exitCode: number;
  readonly isCoverageRequired: boolean;
  /** When it began, ISO 8601; when its shards were merged. */
  readonly startedAt: string;
  /** Folder in which a run that failed was written; `undefined` for those that were not. */
  readonly folderOf?: ((seed: string, scenario: number) => string | undefined) | undefined;
}

/** What people read. */
export function sweepText(told: ToldSweep): string {
  const missing = told.isCoverageRequired ? uncovered(told.result) : [];
  const lines = missing.map(({ scenario, kind, name }) =>
    kind === "fault" ? `  ${scenario}: fault ${name} touched nothing in any run\n` : `  ${scenario}: never ${name}\n`,
  );
  const more = "More seeds may do it; else the scenario never goes where it should.";
  return `${sweepReport(told)}${lines.length === 0 ? "" : `Not covered, as --require-coverage asks:\n${lines.join("")}  ${more}\n`}`;
}

/** The result as one line. */
export function sweepJsonLine({ result }: ToldSweep): string {
  return `${JSON.stringify(result)}\n`;
}

/** A page with every run as a cell, ways to fail, and what was put to the test. @param from  The folder it will be in. */
export function sweepHtml({ result, replayLine, folderOf }: ToldSweep, from: string): string {
  const hrefOf = (scenario: number, seed: string): string | undefined => {
    const folder = folderOf?.(seed, scenario);
    return folder === undefined ? undefined : relative(from, join(folder, "timeline.html")).replaceAll("\\", "/");
  };
  return runsPage(sweepPageModel(result, { replayLine, hrefOf }));
}

/** A short line of JSON for each scenario, each run that failed and each way to fail, and one at the end. */
export function sweepJsonl({ result, exitCode, replayLine }: ToldSweep): string {
  const { plan, tallies, failures, groups, total } = result;
  const perScenario = total / Math.max(1, plan.scenarios.length);
  const scenarioOf = (place: number): number => Math.floor(place / perScenario);
  const lines: object[] = plan.scenarios.map(({ name, path }, i) => {
    const { runs = 0, outcomes = {}, digest = "" } = tallies[i] ?? {};
    return { type: "scenario", scenario: name, path, runs, outcomes, digest };
  });
  for (const { place, ...failure } of failures) {
    const scenario = scenarioOf(place);
    const replay = replayLine(failure.seed, scenario);
    lines.push({ type: "failure", scenario: plan.scenarios[scenario]?.name, ...failure, replay });
  }
  for (const group of groups) lines.push({ type: "way", ...group });
  for (const missing of uncovered(result)) lines.push({ type: "uncovered", ...missing });
  lines.push({ type: "end", runs: runsIn(result), planned: total, failed: failures.length, exitCode });
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}

/** JUnit XML: a suite a scenario, a case for each thing its runs were judged by. */
export function sweepJunit(told: ToldSweep): string {
  const { result, timing, replayLine, isCoverageRequired } = told;
  const { plan, tallies } = result;
  const suites = plan.scenarios.map(({ name, path }, i) =>
    junitSuite({
      id: i,
      name: `${name} seeds ${plan.seeds}${result.shard === undefined ? "" : ` shard ${result.shard}`}`,
      classname: name,
      startedAt: told.startedAt,
      // Scenarios share the processors: the time of all stands with the first.
      wallMs: i === 0 ? (timing?.wallMs ?? 0) : 0,
      properties: {
        scenario: path,
        seeds: plan.seeds,
        runs: String(tallies[i]?.runs ?? 0),
        digest: tallies[i]?.digest ?? "",
        version: result.tool.version,
      },
      cases: sweepCases(result, i, { replayLine, isCoverageRequired }),
      output: "",
    }),
  );
  return junitFile(suites);
}

/** GitHub Actions: an annotation for each thing that failed, on the file of its scenario. */
export function sweepAnnotations(told: ToldSweep, root: string): string {
  return failedCases(told)
    .map(({ one, path, scenario }) => {
      const line = path === "" ? undefined : lineOf(path, one.path);
      return annotation({
        file: path === "" ? undefined : relative(root, resolve(path)).replaceAll("\\", "/"),
        line: line === undefined ? undefined : String(line),
        title: `${scenario}: ${one.name} (seeds ${told.result.plan.seeds})`,
        text: [one.message, ...one.details].join("\n"),
      });
    })
    .join("");
}

/** Markdown for the page of a CI job: how many passed, what failed, what never happened. */
export function sweepSummary(told: ToldSweep): string {
  const { result, replayLine } = told;
  const runs = runsIn(result);
  const head = `## Faultline: ${String(runs - result.failures.length)} of ${String(runs)} runs passed\n\n`;
  const open = result.total - runs;
  const notRun = open === 0 ? "" : `${String(open)} of ${String(result.total)} are not in here.\n\n`;
  const rows = result.groups.map((group) => {
    const place = result.failures.find(({ fingerprint }) => fingerprint === group.fingerprint)?.place ?? 0;
    const scenario = Math.floor((place * result.plan.scenarios.length) / result.total);
    const cells = [group.what[0] ?? "", String(group.count), group.first, group.message].map(cell);
    return `| ${cells.join(" | ")} | <code>${cell(replayLine(group.quickest, scenario))}</code> |\n`;
  });
  const table =
    rows.length === 0
      ? ""
      : `| what | runs | first seed | why | replay |\n| --- | --- | --- | --- | --- |\n${rows.join("")}\n`;
  const never = uncovered(result).map(({ scenario, kind, name }) => `- ${cell(`${scenario}: ${kind} ${name}`)}\n`);
  return `${head}${notRun}${table}${never.length === 0 ? "" : `Never happened:\n\n${never.join("")}\n`}`;
}

function failedCases({ result, replayLine, isCoverageRequired }: ToldSweep): {
  readonly one: Case;
  readonly scenario: string;
  readonly path: string;
}[] {
  return result.plan.scenarios.flatMap(({ name, path }, i) =>
    sweepCases(result, i, { replayLine, isCoverageRequired })
      .filter(didFail)
      .map((one) => ({ one, scenario: name, path })),
  );
}
