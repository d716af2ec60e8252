import type { Failure } from "../../../src/lab/explore/failure.ts";
import { PartSum, type Part } from "../../../src/lab/explore/part.ts";
import type { Span, SweepPlan } from "../../../src/lab/explore/plan.ts";
import { Places } from "../../../src/lab/explore/plan.ts";
import { sweepResultOf, type SweepResult } from "../../../src/lab/explore/sweep-result.ts";
import { EMPTY_TALLY, type Tally } from "../../../src/lab/explore/tally.ts";

export function somePlan(seeds = "1..200", names = ["alpha"]): SweepPlan {
  const scenarios = names.map((name) => ({ name, path: `scenarios/${name}.yaml`, hash: `hash of ${name}` }));
  return { scenarios, seeds, plans: "written" };
}

/** A part as runs would give it of which every seventh fails, each with figures of its own. */
export function somePart(plan: SweepPlan, span: Span): Part {
  const places = new Places(plan);
  const sum = new PartSum();
  for (let place = span.from; place < span.to; place++)
    sum.add(places.scenarioOf(place), tallyAt(place), place % 7 === 3 ? [failureAt(plan, place)] : []);
  return { ...span, tallies: sum.tallies, failures: sum.failures() };
}

export function resultOf(plan: SweepPlan, span: Span, shard?: string): SweepResult {
  const sum = new PartSum();
  sum.addPart(somePart(plan, span));
  return sweepResultOf(plan, sum, { spans: [span], shard });
}

function tallyAt(place: number): Tally {
  return {
    ...EMPTY_TALLY,
    runs: 1,
    outcomes: { [place % 7 === 3 ? "violated" : "holds"]: 1 },
    counts: { records: 100 + place },
    checkers: { [`checker-${String(place % 3)}`]: { holds: 1, judged: place } },
    digest: (0x1234_5678 + place * 7_919).toString(16).padStart(16, "0"),
  };
}

function failureAt(plan: SweepPlan, place: number): Failure {
  return {
    place,
    seed: new Places(plan).seedOf(place),
    outcome: "violated",
    exitCode: 1,
    fingerprint: `way ${String(place % 2)}`,
    what: ["election-safety"],
    message: `Two leaders at ${String(place)}.`,
    time: 1_000 * place,
    records: 1_000 - place,
    digest: "0123456789abcdef",
  };
}
