import { byCodeUnit } from "../../trace/plain.ts";
import type { FailureGroup } from "../../lab/explore/failure.ts";
import type { SweepResult } from "../../lab/explore/sweep-result.ts";
import { EMPTY_TALLY, type Tally } from "../../lab/explore/tally.ts";
import type { Case } from "./cases.ts";

/** The line that makes one failing seed of a sweep again. */
export type ReplayOfSeed = (seed: string, scenario: number) => string;

export interface SweepCasesOptions {
  readonly replayLine: ReplayOfSeed;
  /** Whether what never happened, and faults that never touched anything, count as failed. */
  readonly isCoverageRequired: boolean;
}

const PASSED = { state: "passed", kind: "", message: "", details: [] } as const;

/**
 * What the runs of one scenario of a sweep were judged by, all together: each rule, expectation, fault and thing that should happen
 * sometimes once, as `casesOf` does for one run. Shards that are merged give the cases of the whole.
 *
 * @param scenario  Its place in the plan.
 */
export function sweepCases(result: SweepResult, scenario: number, options: SweepCasesOptions): Case[] {
  const tally = result.tallies[scenario] ?? EMPTY_TALLY;
  const ways = new Ways(result, scenario, options.replayLine);
  const checkers = rowsOf(tally.checkers).map(([name, row]) => checkerCase(name, row, ways));
  const expects = rowsOf(tally.expects).map(([text, { failed = 0 }]): Case => {
    const base = { name: `expect ${text}`, path: ["expect"] };
    if (failed === 0) return { ...base, ...PASSED };
    return { ...base, ...ways.failed("expectation", base.name, `It failed in ${plural(failed, "run")}.`) };
  });
  const required = options.isCoverageRequired;
  return [
    endCase(tally, ways),
    ...checkers,
    ...expects,
    ...rowsOf(tally.faults).map(([name, row]) => faultCase(name, row, { ways, required })),
    ...rowsOf(tally.sometimes).map(([name, runs]) => sometimesCase(name, runs, required)),
  ];
}

function endCase({ outcomes }: Tally, ways: Ways): Case {
  const base = { name: "runs to its end", path: [] };
  const broken = (["internal-error", "non-deterministic"] as const).filter((kind) => (outcomes[kind] ?? 0) > 0);
  const [kind] = broken;
  const codes = ways.named((what) => /^[A-Z][A-Z_]+$/.test(what));
  if (kind === undefined && codes.length === 0) return { ...base, ...PASSED };
  const count = codes.reduce((sum, group) => sum + group.count, 0);
  const message = `${plural(count, "run")} did not come to an end: ${[...new Set(codes.flatMap(({ what }) => what))].join(", ")}.`;
  return { ...base, state: "error", kind: kind ?? "error", message, details: ways.details(codes) };
}

function checkerCase(name: string, row: Readonly<Record<string, number>>, ways: Ways): Case {
  const base = { name, path: ["checks"] };
  const { violated = 0, inconclusive = 0, holds = 0 } = row;
  if (violated > 0) return { ...base, ...ways.failed("violated", name, `Violated in ${plural(violated, "run")}.`) };
  if (inconclusive > 0) {
    const told = ways.failed("inconclusive", name, `Not decided in ${plural(inconclusive, "run")}.`);
    // A rule that nobody named may stay open: then no run failed by it.
    return ways.named((what) => what === name).length > 0
      ? { ...base, ...told, state: "error" }
      : { ...base, state: "skipped", kind: "inconclusive", message: told.message, details: [] };
  }
  if (holds > 0) return { ...base, ...PASSED };
  return {
    ...base,
    state: "skipped",
    kind: "not-exercised",
    message: "No run gave it anything to judge.",
    details: [],
  };
}

function faultCase(
  name: string,
  { touched = 0, planned = 0 }: Readonly<Record<string, number>>,
  { ways, required }: { readonly ways: Ways; readonly required: boolean },
): Case {
  const base = { name: `fault ${name} touches something`, path: ["faults"] };
  const inert = `fault ${name}`;
  if (ways.named((what) => what === inert).length > 0)
    return { ...base, ...ways.failed("inert-fault", inert, `Fault "${name}" touched nothing.`) };
  if (touched > 0) return { ...base, ...PASSED };
  const message = `It touched nothing in any of ${plural(planned, "run")}.`;
  return { ...base, state: required ? "failed" : "skipped", kind: "never-touched", message, details: [] };
}

function sometimesCase(name: string, runs: number, required: boolean): Case {
  const base = { name: `sometimes ${name}`, path: ["sometimes"] };
  if (runs > 0) return { ...base, ...PASSED };
  const message = "It happened in no run.";
  return { ...base, state: required ? "failed" : "skipped", kind: "never-happened", message, details: [] };
}

/** The ways in which runs of one scenario failed. */
class Ways {
  readonly #groups: readonly FailureGroup[];
  readonly #result: SweepResult;
  readonly #scenario: number;
  readonly #replayLine: ReplayOfSeed;

  constructor(result: SweepResult, scenario: number, replayLine: ReplayOfSeed) {
    const perScenario = result.total / Math.max(1, result.plan.scenarios.length);
    const own = new Set(
      result.failures
        .filter(({ place }) => Math.floor(place / perScenario) === scenario)
        .map(({ fingerprint }) => fingerprint),
    );
    this.#groups = result.groups.filter(({ fingerprint }) => own.has(fingerprint));
    this.#result = result;
    this.#scenario = scenario;
    this.#replayLine = replayLine;
  }

  /** Those of which something is called so. */
  named(isIt: (what: string) => boolean): FailureGroup[] {
    return this.#groups.filter(({ what }) => what.some(isIt));
  }

  failed(kind: string, name: string, message: string): Pick<Case, "state" | "kind" | "message" | "details"> {
    return { state: "failed", kind, message, details: this.details(this.named((what) => what === name)) };
  }

  details(groups: readonly FailureGroup[]): string[] {
    return groups.flatMap((group) => {
      const digest = this.#result.failures.find(
        ({ seed, fingerprint }) => seed === group.quickest && fingerprint === group.fingerprint,
      )?.digest;
      return [
        group.message,
        `${plural(group.count, "run")}, first seed ${group.first}, quickest seed ${group.quickest}, ${group.fingerprint}`,
        `digest ${digest ?? "?"}`,
        `replay ${this.#replayLine(group.quickest, this.#scenario)}`,
      ];
    });
  }
}

function rowsOf<T>(rows: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(rows).sort(([a], [b]) => byCodeUnit(a, b));
}

function plural(count: number, noun: string): string {
  return `${String(count)} ${noun}${count === 1 ? "" : "s"}`;
}
