import type { RunResult } from "../../trace/result.ts";
import type { Trace } from "../../trace/trace.ts";
import type { Verdict, Violation } from "../../trace/verdict.ts";
import { triggerOf } from "../../trace/why/way-back.ts";

/**
 * A short name for the way in which a run failed: the same for every seed at which one bug shows itself in one way.
 *
 * `I05:sent:delivered` reads: rule I05 was broken, first of all, by a message sent on a message; `I41:overdue`: by what had not
 * happened in time. It says which rule and what kind of step broke it, and nothing that a seed, a plan of faults or a shrinker
 * decides: no times, counts, node names or types of message, and no faults, for the same bug is found under many, and shrinking,
 * which keeps the fingerprint, takes them away one by one.
 *
 * Of several broken rules the one that a record broke first counts: what follows from it varies from seed to seed. A deadline that
 * passed counts only where no record broke a rule.
 *
 * @param records All records of the run.
 */
export function fingerprintOf(result: RunResult, records: Trace): string {
  if (result.error !== undefined) return `error:${result.error.code}`;
  const [first] = brokenRules(result, records);
  if (first !== undefined) return `${ruleOf(first.verdict)}:${shapeOf(first, records)}`;
  const missed = result.expects.find(({ held }) => !held);
  if (missed !== undefined) return `expect:${withoutNodes(missed.text, result)}`;
  if (result.outcome === "inert-fault") return `inert-fault:${inertKinds(result)}`;
  const open = result.verdicts.find(({ verdict }) => verdict === "inconclusive");
  return open === undefined ? result.outcome : `${result.outcome}:${ruleOf(open)}`;
}

interface BrokenRule {
  readonly verdict: Verdict;
  readonly violation: Violation;
  /** No record broke it: something had not happened in time. */
  readonly isOverdue: boolean;
}

/** The rules a run broke, the one its fingerprint names first. */
export function brokenRules(result: RunResult, records: Trace): BrokenRule[] {
  return result.verdicts
    .flatMap((verdict) => {
      const { violation } = verdict;
      if (violation === undefined) return [];
      const { record, time } = violation;
      return [{ verdict, violation, isOverdue: record < 0 || records.time(record) < time }];
    })
    .sort(
      (a, b) =>
        Number(a.isOverdue) - Number(b.isOverdue) ||
        a.violation.time - b.violation.time ||
        a.violation.record - b.violation.record,
    );
}

function ruleOf({ invariant, checker }: Verdict): string {
  return invariant === "" ? checker : invariant;
}

/** What kind of record broke a rule, and what kind of record set it off. */
function shapeOf({ violation, isOverdue }: BrokenRule, records: Trace): string {
  if (isOverdue) return "overdue";
  const { kind } = records.record(violation.record);
  const trigger = triggerOf(records, violation.record);
  return trigger < 0 || trigger === violation.record ? kind : `${kind}:${records.record(trigger).kind}`;
}

/** An expectation's text without the nodes that its roles meant in this run. */
function withoutNodes(text: string, { nodes }: RunResult): string {
  const ids = new Set(nodes.map(({ id }) => id));
  const words = text.split(/([\w-]+)/).map((word) => (ids.has(word) ? "*" : word));
  return words.join("").replace(/\*( \*)+/g, "*");
}

function inertKinds({ faults }: RunResult): string {
  const inert = faults.filter(({ touched, optional }) => touched === 0 && !optional);
  return [...new Set(inert.map(({ kind }) => kind))].sort().join("+");
}
