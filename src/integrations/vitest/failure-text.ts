import { stripVTControlCharacters } from "node:util";
import { whyLines } from "../../cli/why-lines.ts";
import { reasonOf } from "../../lab/explore/failure.ts";
import type { FinishedRun } from "../../lab/run/run-scenario.ts";
import type { RunResult } from "../../trace/result.ts";
import { formatSeconds } from "../../trace/units.ts";

/** Lines of the story that are told: the last ones before the failure was seen, and a few after it. */
const BEFORE = 12;
const AFTER = 3;
const VIOLATIONS_MAX = 3;

/** What a failed run says in a test: what was broken, why, and the story until then. No colours: it also goes to files. */
export function failureText(run: FinishedRun): string {
  const parts = [reasonLines(run), storyLines(run.result)];
  return parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map(stripVTControlCharacters).join("\n"))
    .join("\n\n");
}

/** `one-leader violated at 2.300 s`: the first thing that was wrong. */
export function failureTitle(result: RunResult): string {
  const { what, time } = reasonOf(result);
  const [first = result.outcome] = what;
  const more = what.length > 1 ? ` and ${String(what.length - 1)} more` : "";
  switch (result.outcome) {
    case "violated":
      return first.startsWith("expect ")
        ? `expected ${first.slice("expect ".length)}${more}: it did not happen until ${formatSeconds(time)}`
        : `${first}${more} violated at ${formatSeconds(time)}`;
    case "holds":
      return "every rule held";
    case "inert-fault":
      return `${first}${more} touched nothing`;
    case "inconclusive":
      return `${first}${more} not decided`;
    case "non-deterministic":
    case "internal-error":
    case "interrupted":
      return `${result.outcome} (${first}) at ${formatSeconds(time)}`;
  }
}

function reasonLines({ result, trace }: FinishedRun): string[] {
  const broken = result.verdicts.flatMap(({ checker, violation }) =>
    violation === undefined ? [] : [{ checker, violation }],
  );
  const lines = broken
    .toSorted((a, b) => a.violation.record - b.violation.record)
    .slice(0, VIOLATIONS_MAX)
    .flatMap(({ checker, violation }, i) => [
      `  ${checker}: ${violation.message}`,
      `  expected ${violation.expected}`,
      `  observed ${violation.observed}`,
      // The rules broken after the first one mostly follow from it.
      ...(trace === undefined || i > 0 ? [] : whyLines(trace, violation)),
    ]);
  if (broken.length > VIOLATIONS_MAX) lines.push(`  and ${String(broken.length - VIOLATIONS_MAX)} more rules`);
  for (const { text, held, reason } of result.expects)
    if (!held) lines.push(`  expected ${text}: ${reason ?? "it did not happen"}`);
  if (lines.length === 0 && result.exitCode !== 0) lines.push(`  ${reasonOf(result).message}`);
  if (result.outcome === "inert-fault") lines.push("  Say `optional: true` of a fault that may touch nothing.");
  return lines;
}

function storyLines(result: RunResult): string[] {
  const { time } = reasonOf(result);
  const until = result.story.filter((line) => line.time <= time);
  const after = result.story.slice(until.length, until.length + AFTER);
  const told = [...until.slice(-BEFORE), ...after].map(({ time: at, since, text }) => {
    const later = since < 0 ? "" : `+${formatSeconds(since)}`;
    return `${formatSeconds(at).padStart(11)} ${later.padStart(11)}  ${text}`;
  });
  const hidden = until.length - Math.min(until.length, BEFORE);
  return hidden === 0 ? told : [`  … ${String(hidden)} earlier lines are in the report`, ...told];
}
