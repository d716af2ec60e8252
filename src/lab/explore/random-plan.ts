import * as fc from "fast-check";
import type { Plain } from "../../trace/plain.ts";
import { hashText } from "../../trace/hash.ts";
import { formatDuration } from "../../trace/units.ts";
import { knownNames } from "../run/known-names.ts";
import {
  nodeIdsOf,
  type FaultInput,
  type LoadedScenario,
  type Scenario,
  type ScenarioInput,
} from "../scenario/model.ts";
import { checkScenario } from "../scenario/validate.ts";
import { fitsBudget, minorityBudget, type Budget, type Cost } from "./budget.ts";
import { DRAWN_KINDS, type DrawnKind } from "./fault-arbitraries.ts";

/** What a plan is drawn for. */
export interface PlanFacts {
  /** Virtual time of the whole run, µs. */
  readonly duration: number;
  readonly nodes: number;
  readonly budget: Budget;
}

/** Faults before their names. */
type Draft = Readonly<Record<string, Plain>> & { readonly kind: string };

const FAULTS_MAX = 10;
const MS = 1_000;

/**
 * Plans of faults as a swarm draws them: first which kinds are on, then how many, when and how strong; for what is always slightly
 * on finds less. The last part of the run heals everything: first a random minority stays cut off from a connected core, then
 * nobody.
 *
 * @see Groce et al. 2012, "Swarm Testing".
 */
export function planArbitrary(facts: PlanFacts): fc.Arbitrary<FaultInput[]> {
  const kinds = fc.subarray([...DRAWN_KINDS], { minLength: 1, maxLength: 5 });
  const healFrom = healingFrom(facts.duration);
  const faults = kinds.chain((on) =>
    fc.array(
      fc.constantFrom(...on).chain((kind) => draftArbitrary(kind, healFrom)),
      { minLength: 1, maxLength: FAULTS_MAX },
    ),
  );
  return fc.tuple(faults, fc.boolean()).map(([drafts, coreFirst]) => {
    const kept = withinBudget(drafts, facts.budget);
    return named(
      coreFirst
        ? [...kept.map(({ draft }) => draft), coreAlone(facts.duration, healFrom)]
        : kept.map(({ draft }) => draft),
    );
  });
}

/** When everything is to be healed: a third of the run before its end, 20 s at most. */
function healingFrom(duration: number): number {
  return duration - Math.min(20_000_000, Math.floor(duration / 3));
}

interface Drafted {
  readonly draft: Draft;
  readonly cost: Cost;
}

function draftArbitrary(kind: DrawnKind, healFrom: number): fc.Arbitrary<Drafted> {
  // A cluster that never came to be finds nothing.
  const first = Math.min(2_000, Math.floor(healFrom / MS / 4));
  const last = Math.floor(healFrom / MS) - 1;
  const times = fc
    .tuple(fc.integer({ min: first, max: last }), fc.integer({ min: 50, max: 15_000 }))
    .map(([from, length]) => ({ from: from * MS, to: Math.min(from + length, last + 1) * MS }));
  return fc.tuple(times, kind.effect).map(([{ from, to }, effect]) => ({
    draft: {
      kind: kind.kind,
      ...effect,
      at: formatDuration(from),
      ...(kind.isMoment === true ? {} : { for: formatDuration(to - from) }),
      // What a drawn fault did not touch is a row of the table, not an error.
      optional: true,
    },
    cost: { from, to, takesDown: kind.takesDown, endangersQuorum: kind.endangersQuorum },
  }));
}

function coreAlone(duration: number, healFrom: number): Draft {
  const half = Math.floor((duration - healFrom) / 2 / MS) * MS;
  return {
    kind: "partition",
    shape: "split",
    groups: [["minority"], ["rest"]],
    at: formatDuration(Math.ceil(healFrom / MS) * MS),
    for: formatDuration(Math.max(MS, half)),
    optional: true,
  };
}

/** The faults that the budget has room for, the first drawn first. */
function withinBudget(drafts: readonly Drafted[], budget: Budget): readonly Drafted[] {
  const kept: Drafted[] = [];
  for (const draft of drafts) {
    if (
      fitsBudget(
        [...kept, draft].map(({ cost }) => cost),
        budget,
      )
    )
      kept.push(draft);
  }
  return kept;
}

function named(drafts: readonly Draft[]): FaultInput[] {
  const counts = new Map<string, number>();
  return drafts.map((draft) => {
    const count = (counts.get(draft.kind) ?? 0) + 1;
    counts.set(draft.kind, count);
    return { id: `${draft.kind}-${String(count)}`, ...draft } as unknown as FaultInput;
  });
}

/** The scenario of a seed of a sweep with random plans: the template with faults of its own, and nothing expected of those it had. */
export function drawPlan(template: LoadedScenario, seed: string, budget?: Budget): LoadedScenario {
  const { scenario, input, source } = template;
  const arbitrary = planArbitrary(factsOf(scenario, budget));
  const [faults = []] = fc.sample(fc.noBias(arbitrary), { seed: hashText(`plan/${seed}`)[0], numRuns: 1 });
  const drawn = checkScenario(valid({ ...input, faults, expect: [] }), knownNames());
  if (drawn.loaded === undefined) throw new Error(`A drawn plan is not valid: ${JSON.stringify(drawn.problems)}`);
  return source === undefined ? drawn.loaded : { ...drawn.loaded, source };
}

function factsOf(scenario: Scenario, budget: Budget | undefined): PlanFacts {
  const nodes = nodeIdsOf(scenario).length;
  return { duration: scenario.duration, nodes, budget: budget ?? minorityBudget(nodes) };
}

/** Without the faults that contradict others, or that this scenario has no nodes for. */
function valid(input: ScenarioInput): ScenarioInput {
  let current = input;
  for (let tries = input.faults?.length ?? 0; tries > 0; tries--) {
    const { problems } = checkScenario(current, knownNames());
    const bad = problems.flatMap(({ path }) => (path[0] === "faults" ? [path[1]] : []))[0];
    if (bad === undefined) return current;
    current = { ...current, faults: (current.faults ?? []).filter((_, i) => i !== bad) };
  }
  return current;
}
