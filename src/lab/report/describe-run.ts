import { replayLine } from "../../trace/replay-line.ts";
import type { RunResult } from "../../trace/result.ts";
import { formatSeconds } from "../../trace/units.ts";
import type { Trace } from "../../trace/trace.ts";
import type { VerdictKind, Violation } from "../../trace/verdict.ts";
import { foldWhy } from "./fold-why.ts";
import type { Fact, Finding, ReportModel, Rule, StoryItem } from "./model.ts";
import { formatCount } from "./words.ts";

/** More broken rules than this stay out of the story; all of them are findings. */
const STORY_VIOLATIONS_MAX = 3;

const ORDER: Readonly<Record<VerdictKind, number>> = { violated: 0, inconclusive: 1, holds: 2, "not-exercised": 3 };

/** What the result alone says: facts, story, findings and rules. */
export function describeRun(
  result: RunResult,
  names: readonly string[],
  trace: Trace,
): Pick<ReportModel, "about" | "facts" | "figures" | "replay" | "story" | "findings" | "rules"> {
  const findings = findingsOf(result, names, trace);
  return {
    about: aboutOf(result),
    facts: factsOf(result),
    figures: result.summary,
    replay: replayLine(result),
    findings,
    story: storyOf(result, findings),
    rules: rulesOf(result),
  };
}

function aboutOf(result: RunResult): string {
  const { scenario } = result;
  if (scenario === null || typeof scenario !== "object" || Array.isArray(scenario)) return "";
  const about = (scenario as Readonly<Record<string, unknown>>)["about"];
  return typeof about === "string" ? about : "";
}

function factsOf(result: RunResult): Fact[] {
  const { counts } = result;
  const fact = (name: string, value: string, small = ""): Fact => ({ name, value, small });
  return [
    fact("scenario", result.scenarioName),
    fact("seed", result.seed),
    fact("code", `${result.tool.name} ${result.tool.version}`, `Node ${result.nodeVersion.replace(/^v/, "")}`),
    fact("virtual time", formatSeconds(result.endTime), `in ${(result.timing.wallMs / 1_000).toFixed(2)} s`),
    fact("events", formatCount(counts.events), `${formatCount(counts.records)} records`),
    fact("messages", formatCount(counts.sent), `${formatCount(counts.dropped)} dropped`),
    fact(
      "operations",
      formatCount(counts.operations),
      `${formatCount(counts.ok)} ok, ${formatCount(counts.fail)} failed, ${formatCount(counts.info)} unknown`,
    ),
    fact("digest", result.digest.replace(/(.{4})(?=.)/g, "$1 ")),
  ];
}

/** Violations in order of time, then expected steps that did not happen. */
function findingsOf(result: RunResult, names: readonly string[], trace: Trace): Finding[] {
  const violations = result.verdicts.flatMap((verdict): Finding[] => {
    const { violation, checker, title, rule } = verdict;
    if (violation === undefined) return [];
    const { time, message, expected, observed, record } = violation;
    const nodes = violation.nodes.map((node) => names.indexOf(node)).filter((index) => index >= 0);
    return [{ checker, title, rule, time, nodes, message, expected, observed, record, ...whyOf(trace, violation) }];
  });
  const unmet = result.expects.flatMap((expect): Finding[] => {
    if (expect.held) return [];
    return [
      {
        checker: "expect",
        title: "An expected step did not happen",
        rule: "The scenario's own story comes true.",
        time: expect.at,
        nodes: [],
        message: `Not by ${formatSeconds(expect.at)}: ${expect.text}`,
        expected: expect.text,
        observed: expect.reason ?? "it did not happen",
        record: -1,
      },
    ];
  });
  return [...violations.sort((a, b) => a.time - b.time), ...unmet];
}

/** Why, where the record is one of this trace: a deadline may have none. */
function whyOf(trace: Trace, violation: Violation): Pick<Finding, "why"> {
  if (violation.record >= trace.count || trace.count === 0) return {};
  const why = foldWhy(trace, violation);
  return why.steps.length === 0 ? {} : { why };
}

/** The story's lines and, among them, the first violations it does not tell itself. */
function storyOf(result: RunResult, findings: readonly Finding[]): StoryItem[] {
  const isOf = (record: number, finding: Finding): boolean => finding.record >= 0 && finding.record === record;
  const told = result.story.map((line) => ({ ...line, isBad: findings.some((finding) => isOf(line.record, finding)) }));
  const untold = findings
    .filter((finding) => finding.record >= 0 && !result.story.some((line) => isOf(line.record, finding)))
    .slice(0, STORY_VIOLATIONS_MAX);
  const added = untold.map(({ time, message, record }) => ({
    time,
    since: -1,
    text: message,
    limit: "",
    record,
    isBad: true,
  }));
  return foldRepeated([...told, ...added].sort((a, b) => a.time - b.time)).map((line, index) => ({
    ...line,
    number: index + 1,
  }));
}

/** Steps in a row that read the same are one, with their number and the time of the last. */
function foldRepeated<Line extends Omit<StoryItem, "number">>(lines: readonly Line[]): Line[] {
  const folded: Line[] = [];
  for (let first = 0, next = 0; first < lines.length; first = next) {
    const line = lines[first] as Line;
    while (next < lines.length && lines[next]?.text === line.text && lines[next]?.isBad === line.isBad) next++;
    const last = lines[next - 1] as Line;
    const times = next - first;
    folded.push(
      times < 2
        ? line
        : {
            ...line,
            text: `${line.text.replace(/\.$/, "")}; ${formatCount(times)} times, until ${formatSeconds(last.time)}.`,
          },
    );
  }
  return folded;
}

function rulesOf(result: RunResult): Rule[] {
  return result.verdicts
    .map(({ checker, title, rule, verdict, judged, reason }) => ({
      checker,
      title,
      rule,
      verdict,
      judged,
      reason: reason ?? "",
    }))
    .sort((a, b) => ORDER[a.verdict] - ORDER[b.verdict]);
}
