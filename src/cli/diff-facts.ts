import { canonicalJson } from "../lab/explore/canonical-json.ts";
import type { DiffFact } from "../lab/report/diff-model.ts";
import type { Plain } from "../trace/plain.ts";
import type { RunResult } from "../trace/result.ts";

/** Places of two scenarios that are told one by one. */
const PLACES_MAX = 12;

/** What two results say differently, apart from their records; `""` where one says nothing. */
export function diffFacts(a: RunResult, b: RunResult): DiffFact[] {
  const facts: DiffFact[] = [];
  const compare = (name: string, first: string, second: string): void => {
    if (first !== second) facts.push({ name, first, second });
  };
  compare("scenario", a.scenarioName, b.scenarioName);
  if (a.scenarioName === b.scenarioName) facts.push(...scenarioFacts(a.scenario, b.scenario));
  compare("seed", a.seed, b.seed);
  compare("version", a.tool.version, b.tool.version);
  compare("outcome", a.outcome, b.outcome);
  const verdicts = new Map(b.verdicts.map((verdict) => [verdict.checker, verdict]));
  for (const { checker, verdict } of a.verdicts)
    compare(checker, verdict, verdicts.get(checker)?.verdict ?? "not there");
  for (const { checker, verdict } of b.verdicts)
    if (!a.verdicts.some((one) => one.checker === checker)) compare(checker, "not there", verdict);
  for (const [i, { text, held }] of a.expects.entries())
    compare(`expect ${text}`, held ? "held" : "failed", (b.expects[i]?.held ?? held) ? "held" : "failed");
  for (const key of ["records", "sent", "dropped", "operations", "ok", "fail", "info"] as const)
    compare(key, String(a.counts[key]), String(b.counts[key]));
  compare("digest", a.digest, b.digest);
  return facts;
}

/** Where two scenarios of one name are not the same, by path: `scenario.faults.0.at`. */
function scenarioFacts(a: Plain, b: Plain): DiffFact[] {
  const facts: DiffFact[] = [];
  const walk = (path: string, first: Plain | undefined, second: Plain | undefined): void => {
    if (canonicalJson(first ?? null) === canonicalJson(second ?? null)) return;
    if (isObject(first) && isObject(second)) {
      for (const key of new Set([...Object.keys(first), ...Object.keys(second)]))
        walk(`${path}.${key}`, first[key], second[key]);
    } else facts.push({ name: path, first: textOf(first), second: textOf(second) });
  };
  walk("scenario", a, b);
  if (facts.length <= PLACES_MAX) return facts;
  const left = facts.length - PLACES_MAX;
  return [...facts.slice(0, PLACES_MAX), { name: "scenario", first: "…", second: `${String(left)} more places` }];
}

function isObject(value: Plain | undefined): value is Record<string, Plain> {
  return typeof value === "object" && value !== null;
}

function textOf(value: Plain | undefined): string {
  if (value === undefined) return "not there";
  return typeof value === "string" ? value : canonicalJson(value);
}
