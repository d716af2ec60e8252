import pc from "picocolors";
import type { RunResult } from "../trace/result.ts";
import type { Trace } from "../trace/trace.ts";
import { formatSeconds } from "../trace/units.ts";
import type { Verdict } from "../trace/verdict.ts";
import { ISOLATION_DEVICE } from "../lab/scenario/model.ts";
import type { Verification } from "../lab/run/verify.ts";
import { reportLink } from "./report-link.ts";
import { replayLine } from "../trace/replay-line.ts";
import { whyLines } from "./why-lines.ts";

export interface ConsoleReport {
  readonly result: RunResult;
  readonly verification?: Verification | undefined;
  readonly reportPath?: string | undefined;
  /** The records, where they were kept: what tells why a rule was broken. */
  readonly trace?: Trace | undefined;
}

/** What a person wants to see of a run: the story, what was expected, every rule, and how to see and repeat it. */
export function consoleReport(report: ConsoleReport): string {
  const { result } = report;
  const sections = [
    head(result),
    story(result),
    summary(result),
    expectations(report),
    rules(result),
    problems(report),
    foot(report),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n")}\n\n`;
}

function head(result: RunResult): string[] {
  const counts = new Map<string, number>();
  for (const node of result.nodes)
    if (node.role === "node") counts.set(node.program, (counts.get(node.program) ?? 0) + 1);
  const clients = result.nodes.filter((node) => node.role === "client" && node.id !== ISOLATION_DEVICE).length;
  const nodes = [...counts].map(([program, count]) => `${String(count)} × ${program}`).join(", ");
  const parts = [nodes, ...(clients === 0 ? [] : [plural(clients, "client")]), formatSeconds(result.endTime)];
  return [`${pc.bold(result.scenarioName)}  seed ${result.seed}  ${pc.dim(parts.join(", "))}`];
}

function story(result: RunResult): string[] {
  return result.story.map((line) => {
    const since = line.since < 0 ? "" : `+${formatSeconds(line.since)}`;
    return `${formatSeconds(line.time).padStart(11)} ${pc.dim(since.padStart(11))}  ${line.text}${line.limit === "" ? "" : `  ${pc.dim(line.limit)}`}`;
  });
}

function summary(result: RunResult): string[] {
  const width = Math.max(0, ...result.summary.map(({ name }) => name.length));
  return result.summary.map(
    ({ name, value, isGood }) => `  ${isGood ? pc.green("✓") : pc.red("✗")} ${name.padEnd(width)}  ${value}`,
  );
}

function expectations(report: ConsoleReport): string[] {
  return report.result.expects.flatMap((expect) => {
    const mark = expect.held ? pc.green("✓") : pc.red("✗");
    const line = `  ${mark} ${expect.text}  ${pc.dim(expect.held ? formatSeconds(expect.at) : (expect.reason ?? ""))}`;
    return expect.held ? [line] : [line, ...seeLines(report, { time: expect.at, record: -1 })];
  });
}

/** Where in the report a finding is; nothing where no page was written. */
function seeLines({ reportPath }: ConsoleReport, place: Parameters<typeof reportLink>[1]): string[] {
  return reportPath?.endsWith(".html") === true ? [`  see ${reportLink(reportPath, place)}`] : [];
}

const MARKS: Readonly<Record<Verdict["verdict"], () => string>> = {
  holds: () => pc.green("✓"),
  violated: () => pc.red("✗"),
  inconclusive: () => pc.yellow("?"),
  "not-exercised": () => pc.dim("–"),
};

function rules(result: RunResult): string[] {
  const told = result.verdicts.filter((verdict) => verdict.verdict !== "not-exercised");
  const width = Math.max(0, ...told.map((verdict) => verdict.checker.length));
  const lines = told.map((verdict) => {
    const detail =
      verdict.verdict === "inconclusive" ? `not decided: ${verdict.reason ?? ""}` : `${grouped(verdict.judged)} judged`;
    return `  ${MARKS[verdict.verdict]()} ${verdict.checker.padEnd(width)}  ${pc.dim(`${verdict.invariant.padEnd(3)}  ${detail}`)}`;
  });
  const silent = result.verdicts.filter((verdict) => verdict.verdict === "not-exercised");
  if (silent.length === 0) return lines;
  return [...lines, pc.dim(`  – not exercised: ${silent.map((verdict) => verdict.checker).join(", ")}`)];
}

function problems(report: ConsoleReport): string[] {
  const { result, trace } = report;
  const lines: string[] = [];
  if (result.error !== undefined) {
    lines.push(`${pc.red("✗")} ${result.error.code}: ${result.error.message}`);
    const stack = result.error.facts["stack"];
    if (typeof stack === "string" && stack !== "")
      lines.push(
        ...stack
          .split("\n")
          .slice(0, 8)
          .map((line) => pc.dim(`  ${line.trim()}`)),
      );
  }
  for (const verdict of result.verdicts) {
    const { violation } = verdict;
    if (violation === undefined) continue;
    lines.push(
      `${pc.red("✗")} ${pc.bold(verdict.checker)} violated  scenario=${result.scenarioName} seed=${result.seed} t=${formatSeconds(violation.time).replace(" ", "")}`,
    );
    lines.push(`  ${violation.message}`, `  expected ${violation.expected}`, `  observed ${violation.observed}`);
    if (trace !== undefined) lines.push(...whyLines(trace, violation));
    lines.push(...seeLines(report, violation));
  }
  for (const fault of result.faults)
    if (fault.touched === 0 && !fault.optional)
      lines.push(
        `${pc.yellow("!")} fault "${fault.id}" (${fault.kind}) ${fault.startedAt < 0 ? "never started" : "touched nothing"}; say optional: true if that is meant`,
      );
  return lines;
}

const OUTCOMES: Readonly<Record<RunResult["outcome"], string>> = {
  holds: "Every rule held",
  violated: "A rule was broken",
  inconclusive: "Not decided",
  "inert-fault": "A fault touched nothing",
  "non-deterministic": "Two runs differed",
  "internal-error": "The run broke",
  interrupted: "Interrupted",
};

function foot({ result, verification, reportPath }: ConsoleReport): string[] {
  const { counts } = result;
  const text = result.error?.code === "ESCAPE" ? "A program left the simulation" : OUTCOMES[result.outcome];
  const mark =
    result.outcome === "holds" ? pc.green("✓") : result.outcome === "violated" ? pc.red("✗") : pc.yellow("?");
  const operations =
    counts.operations === 0
      ? ""
      : `, ${plural(counts.operations, "operation")} (${grouped(counts.ok)} ok, ${grouped(counts.fail)} failed, ${grouped(counts.info)} unknown)`;
  const lines = [
    `${mark} ${pc.bold(text)}  ${pc.dim(`exit ${String(result.exitCode)}`)}`,
    `  ${plural(counts.records, "record")}, ${plural(counts.sent, "message")} (${grouped(counts.dropped)} dropped)${operations}`,
    `  digest ${result.digest}${verification === undefined ? "" : verification.holds ? ", the same in a second process" : `, ${verification.secondDigest} in a second process`}  ${pc.dim(`${(result.timing.wallMs / 1_000).toFixed(2)} s`)}`,
  ];
  if (reportPath !== undefined) lines.push(`  report ${reportPath}`);
  if (result.source !== undefined) lines.push(`  replay ${replayLine(result)}`);
  return lines;
}

function plural(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;
}

function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}
