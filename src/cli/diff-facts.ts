import { canonicalJson } from "../lab/explore/canonical-json.ts";
import { ABSENT, type DiffFact } from "../lab/report/diff-model.ts";
import type { Plain } from "../trace/plain.ts";
import type { RunResult } from "../trace/result.ts";

/** Places of two scenarios that are told one by one. */
const PLACES_MAX = 12;

/** What two results say differently, apart from their records; `""` where one says nothing. What the runs were given comes first. */
export function diffFacts(a: RunResult, b: RunResult): DiffFact[] {
  return [...givenFacts(a, b).map((fact) => ({ ...fact, isGiven: true })), ...outcomeFacts(a, b)];
}

function givenFacts(a: RunResult, b: RunResult): DiffFact[] {
  return [
    ...differing("scenario", a.scenarioName, b.scenarioName),
    ...(a.scenarioName === b.scenarioName ? scenarioFacts(a.scenario, b.scenario) : []),
    ...differing("seed", a.seed, b.seed),
    ...differing("version", a.tool.version, b.tool.version),
  ];
}

function differing(name: string, first: string, second: string): DiffFact[] {
  return first === second ? [] : [{ name, first, second }];
}

function outcomeFacts(a: RunResult, b: RunResult): DiffFact[] {
  const facts: DiffFact[] = [];
  const compare = (name: string, first: string, second: string): void => {
    facts.push(...differing(name, first, second));
  };
  compare("outcome", a.outcome, b.outcome);
  const verdicts = new Map(b.verdicts.map((verdict) => [verdict.checker, verdict]));
  for (const { checker, verdict } of a.verdicts) compare(checker, verdict, verdicts.get(checker)?.verdict ?? ABSENT);
  for (const { checker, verdict } of b.verdicts)
    if (!a.verdicts.some((one) => one.checker === checker)) compare(checker, ABSENT, verdict);
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
  if (value === undefined) return ABSENT;
  return typeof value === "string" ? value : canonicalJson(value);
}
