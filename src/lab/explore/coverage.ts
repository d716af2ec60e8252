import { byCodeUnit } from "../../trace/plain.ts";
import type { SweepResult } from "./sweep-result.ts";
import type { Tally } from "./tally.ts";

/** Something that a scenario of a sweep asks for and that none of its runs did. */
export interface Uncovered {
  readonly scenario: string;
  readonly kind: "sometimes" | "fault";
  /** What should have happened, or the fault (its kind, where it was drawn) that touched nothing. */
  readonly name: string;
}

/**
 * What never happened in a sweep although its scenarios ask for it: their `sometimes`, and their faults, each of which should have
 * touched something in at least one run. What the package itself looks for is told in the table, and asked of nobody.
 */
export function uncovered({ plan, tallies }: SweepResult): Uncovered[] {
  return plan.scenarios.flatMap(({ name: scenario }, i) => {
    const tally = tallies[i];
    if (tally === undefined || tally.runs === 0) return [];
    return [
      ...neverHappened(tally.sometimes).map((name): Uncovered => ({ scenario, kind: "sometimes", name })),
      ...neverTouched(tally).map((name): Uncovered => ({ scenario, kind: "fault", name })),
    ];
  });
}

/** Exit code of what never happened, where it is asked for: something was not decided. */
export function coverageExitCode(result: SweepResult, isRequired: boolean): 0 | 3 {
  return isRequired && uncovered(result).length > 0 ? 3 : 0;
}

function neverHappened(counts: Tally["sometimes"]): string[] {
  return sorted(counts)
    .filter(([, runs]) => runs === 0)
    .map(([name]) => name);
}

function neverTouched({ faults }: Tally): string[] {
  return sorted(faults)
    .filter(([, { touched = 0 }]) => touched === 0)
    .map(([name]) => name);
}

function sorted<T>(rows: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(rows).sort(([a], [b]) => byCodeUnit(a, b));
}
