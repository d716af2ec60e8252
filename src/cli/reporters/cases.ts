import type { ExpectOutcome, FaultOutcome, RunResult } from "../../trace/result.ts";
import { formatSeconds } from "../../trace/units.ts";
import type { Verdict } from "../../trace/verdict.ts";

/** One thing a run was judged by. Every run of a scenario has the same ones, so that CI can follow each from build to build. */
export interface Case {
  /** A checker, `expect …`, `fault …`, or the run itself. */
  readonly name: string;
  /** `failed`: judged, and wrong. `error`: not judged, and it should have been. `skipped`: not judged, and it need not be. */
  readonly state: "passed" | "failed" | "error" | "skipped";
  /** In one word why it did not pass: `violated`, `inconclusive`, `inert-fault`, the code of an error; `""` when it did. */
  readonly kind: string;
  /** One sentence; `""` when it passed. */
  readonly message: string;
  /** Further lines for people. */
  readonly details: readonly string[];
  /** Where in the scenario it is asked for. */
  readonly path: readonly (string | number)[];
}

const PASSED = { state: "passed", kind: "", message: "", details: [] } as const;

/** What a run was judged by, in the order of the scenario: the run itself, checkers, expectations, faults. */
export function casesOf(result: RunResult): Case[] {
  const scenario = result.scenario as { readonly checks?: unknown; readonly faults?: readonly { id?: unknown }[] };
  return [
    runCase(result),
    ...result.verdicts.map((verdict) => verdictCase(verdict, scenario.checks)),
    ...result.expects.map(expectCase),
    ...result.faults.map((fault, i) => faultCase(fault, faultPath(scenario.faults ?? [], fault.id, i))),
  ];
}

export function didFail({ state }: Case): boolean {
  return state === "failed" || state === "error";
}

function runCase(result: RunResult): Case {
  const base = { name: "runs to its end", path: [] };
  if (result.error !== undefined) {
    const { code, message, facts } = result.error;
    const stack = facts["stack"];
    const details = typeof stack === "string" && stack !== "" ? stack.split("\n") : [];
    return { ...base, state: "error", kind: code, message, details };
  }
  if (result.exitCode !== 130 && result.exitCode !== 143) return { ...base, ...PASSED };
  const message = `A signal ended the run at ${formatSeconds(result.endTime)}.`;
  return { ...base, state: "error", kind: "interrupted", message, details: [] };
}

function verdictCase(verdict: Verdict, checks: unknown): Case {
  const { checker, rule, violation, reason = "" } = verdict;
  const named = Array.isArray(checks)
    ? checks.findIndex(
        (check: unknown) => check === checker || (typeof check === "object" && check !== null && checker in check),
      )
    : -1;
  const base = { name: checker, path: named < 0 ? ["checks"] : ["checks", named] };
  switch (verdict.verdict) {
    case "holds":
      return { ...base, ...PASSED };
    case "not-exercised":
      return { ...base, state: "skipped", kind: "not-exercised", message: reason, details: [] };
    case "inconclusive":
      return { ...base, state: "error", kind: "inconclusive", message: reason, details: [`rule ${rule}`] };
    case "violated": {
      const seen =
        violation === undefined
          ? []
          : [`at ${formatSeconds(violation.time)}`, `expected ${violation.expected}`, `observed ${violation.observed}`];
      const message = violation?.message ?? rule;
      return { ...base, state: "failed", kind: "violated", message, details: [...seen, `rule ${rule}`] };
    }
  }
}

function expectCase(expect: ExpectOutcome, i: number): Case {
  const base = { name: `expect ${expect.text}`, path: ["expect", i] };
  if (expect.held) return { ...base, ...PASSED };
  const message = expect.reason ?? "It did not happen.";
  return { ...base, state: "failed", kind: "expectation", message, details: [`until ${formatSeconds(expect.at)}`] };
}

function faultCase(fault: FaultOutcome, path: readonly (string | number)[]): Case {
  const base = { name: `fault ${fault.id} touches something`, path };
  if (fault.touched > 0) return { ...base, ...PASSED };
  const message = `Fault "${fault.id}" (${fault.kind}) touched nothing.`;
  if (fault.optional) return { ...base, state: "skipped", kind: "optional", message, details: [] };
  const when = fault.startedAt < 0 ? "It never started." : `It started at ${formatSeconds(fault.startedAt)}.`;
  return { ...base, state: "failed", kind: "inert-fault", message, details: [when] };
}

/** Faults without a name of their own stand where they were written. */
function faultPath(written: readonly { id?: unknown }[], id: string, place: number): (string | number)[] {
  const named = written.findIndex((fault) => fault.id === id);
  return ["faults", named < 0 ? place : named];
}
