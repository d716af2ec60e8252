import { ScenarioError, type Problem } from "../scenario/problems.ts";
import { PartSum } from "./part.ts";
import { Places, type Span, type SweepPlan } from "./plan.ts";
import { sweepResultOf, type SweepResult } from "./sweep-result.ts";
import { firstOverlap, gapsIn, shardSpan } from "./unit.ts";

/** A part of a sweep and the file it was read from. */
export interface MergePart {
  readonly file: string;
  readonly result: SweepResult;
}

/**
 * Makes the result of a whole sweep out of its parts, in any order; byte for byte what one sweep of all would have given.
 *
 * @throws {ScenarioError} naming every reason against it: `MERGE_VERSION`, `MERGE_SCENARIO`, `MERGE_SEEDS`, `MERGE_PLANS`,
 * `MERGE_OVERLAP`, `MERGE_MISSING`.
 */
export function mergeSweeps(parts: readonly MergePart[]): SweepResult {
  const [first, ...others] = parts;
  if (first === undefined) throw new ScenarioError([problem("MERGE_MISSING", "merge", "There is nothing to merge.")]);
  const differences = others.flatMap((other) => differencesOf(first, other));
  if (differences.length > 0) throw new ScenarioError(differences);
  const overlaps = parts.flatMap((part, i) => overlapsOf(part, parts.slice(0, i)));
  if (overlaps.length > 0) throw new ScenarioError(overlaps);
  const spans = parts.flatMap(({ result }) => result.spans);
  const missing = missingFrom(first.result.plan, parts, spans);
  if (missing.length > 0) throw new ScenarioError(missing);
  const sum = new PartSum();
  for (const { result } of parts) {
    sum.addPart({ tallies: Object.fromEntries(result.tallies.entries()), failures: result.failures });
  }
  const { plan, tool } = first.result;
  return { ...sweepResultOf(plan, sum, { spans }), tool };
}

function differencesOf(a: MergePart, b: MergePart): Problem[] {
  const [one, other] = [a.result, b.result];
  const found: Problem[] = [];
  const compare = (code: string, what: string, x: string, y: string): void => {
    if (x === y) return;
    found.push({ ...problem(code, b.file, `${what} is another than in ${a.file}.`), expected: x, got: y });
  };
  compare("MERGE_VERSION", "The version of the tool", one.tool.version, other.tool.version);
  compare("MERGE_SEEDS", "The range of seeds", one.plan.seeds, other.plan.seeds);
  compare("MERGE_PLANS", "The way in which faults come about", one.plan.plans, other.plan.plans);
  const names = ({ plan }: SweepResult): string => plan.scenarios.map(({ name }) => name).join(", ");
  compare("MERGE_SCENARIO", "The list of scenarios", names(one), names(other));
  if (names(one) === names(other))
    one.plan.scenarios.forEach(({ name, hash }, i) => {
      compare("MERGE_SCENARIO", `Scenario "${name}"`, hash, other.plan.scenarios[i]?.hash ?? "");
    });
  return found;
}

function overlapsOf(part: MergePart, before: readonly MergePart[]): Problem[] {
  return before.flatMap((other) => {
    const overlap = firstOverlap(other.result.spans, part.result.spans);
    if (overlap === undefined) return [];
    const both = `${runsText(part.result.plan, overlap)} are in it and in ${other.file}.`;
    return [problem("MERGE_OVERLAP", part.file, both)];
  });
}

function missingFrom(plan: SweepPlan, parts: readonly MergePart[], spans: readonly Span[]): Problem[] {
  const { total } = new Places(plan);
  const of = Number(parts.map(({ result }) => result.shard?.split("/")[1]).find((count) => count !== undefined) ?? 0);
  return gapsIn({ from: 0, to: total }, spans).map((gap) => {
    // A shard that is missing as a whole has a name; one that was cut short has a file.
    const shards = Array.from({ length: of }, (_, i) => ({ name: `${String(i + 1)}/${String(of)}`, index: i + 1 }));
    const concerned = shards.filter(
      ({ index }) => firstOverlap([shardSpan(total, { index, of })], [gap]) !== undefined,
    );
    const absent = concerned.filter(({ name }) => parts.every(({ result }) => result.shard !== name));
    const cut = parts.filter(({ result }) => concerned.some(({ name }) => name === result.shard));
    const notes = [
      ...(absent.length === 0 ? [] : [`shard ${absent.map(({ name }) => name).join(", ")} is missing`]),
      ...cut.map(({ file, result }) => `shard ${String(result.shard)} (${file}) was cut short`),
    ];
    const why = notes.length === 0 ? "" : `: ${notes.join("; ")}`;
    return problem("MERGE_MISSING", "merge", `${runsText(plan, gap)} are in no part${why}.`);
  });
}

/** Seeds of a span, by scenario where there are several. */
export function runsText(plan: SweepPlan, { from, to }: Span): string {
  const places = new Places(plan);
  const texts: string[] = [];
  for (let at = from; at < to;) {
    const scenario = places.scenarioOf(at);
    const end = Math.min(to, ((scenario + 1) * places.total) / plan.scenarios.length);
    const [a, b] = [places.seedOf(at), places.seedOf(end - 1)];
    const name = plan.scenarios.length === 1 ? "" : ` of ${plan.scenarios[scenario]?.name ?? "?"}`;
    texts.push(`${a === b ? a : `${a}..${b}`}${name}`);
    at = end;
  }
  return `Seeds ${texts.join(", ")}`;
}

function problem(code: string, file: string, message: string): Problem {
  return { code, path: [], file, message };
}
