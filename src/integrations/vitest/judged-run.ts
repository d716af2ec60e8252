import { inspect } from "node:util";
import { nearest } from "../../lab/scenario/nearest.ts";
import type { FinishedRun } from "../../lab/run/run-scenario.ts";
import type { RunResult } from "../../trace/result.ts";
import type { Verdict } from "../../trace/verdict.ts";

/** What can be judged: what `runScenario` gave, or its result alone. With the records a failure tells why. */
export type JudgedRun = FinishedRun | RunResult;

export function finishedRun(run: unknown): FinishedRun {
  const value = (run ?? {}) as { readonly result?: unknown; readonly verdicts?: unknown };
  if (Array.isArray(value.verdicts)) return { result: run as RunResult };
  if (Array.isArray((value.result as { verdicts?: unknown } | undefined)?.verdicts)) return run as FinishedRun;
  throw new TypeError(
    `This is no run: ${typeof run}. Expected what runScenario gave, { result, trace }, or its result alone.`,
  );
}

/**
 * The verdict of a rule, by the name of its checker or the number of its invariant.
 *
 * @throws {Error} when the run judged no such rule, with what it judged.
 * @throws {TypeError} for what is no name, as plain JavaScript may pass.
 */
export function verdictOf({ verdicts, scenarioName }: RunResult, rule: string): Verdict {
  if (typeof (rule as unknown) !== "string")
    throw new TypeError(`A rule is named by text, as "election-safety" or "I08"; got ${inspect(rule)}.`);
  const found = verdicts.find(({ checker, invariant }) => checker === rule || (invariant !== "" && invariant === rule));
  if (found !== undefined) return found;
  const names = verdicts.flatMap(({ checker, invariant }) => (invariant === "" ? [checker] : [checker, invariant]));
  const near = nearest(rule, names);
  const judged = verdicts.map(({ checker, invariant }) => (invariant === "" ? checker : `${checker} (${invariant})`));
  throw new Error(
    `The run of ${scenarioName} judged no rule called ${JSON.stringify(rule)}.` +
      `${near === undefined ? "" : ` Did you mean ${JSON.stringify(near)}?`}\n  ` +
      `It judged ${judged.length === 0 ? "none" : judged.join(", ")}; a scenario asks for rules with its checks.`,
  );
}

/** What came of a rule, in a few words. */
export function verdictText({ verdict, judged, reason, violation }: Verdict): string {
  if (violation !== undefined) return `was violated: ${violation.message}`;
  if (verdict === "holds") return `held, ${String(judged)} judged`;
  return `was not ${verdict === "inconclusive" ? "decided" : "exercised"}: ${reason ?? "it had nothing to judge"}`;
}
