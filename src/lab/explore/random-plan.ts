import * as fc from "fast-check";
import type { Micros } from "../../trace/record.ts";
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
import type { CountRange } from "../scenario/plan-schema.ts";
import { ScenarioError } from "../scenario/problems.ts";
import { unknownName } from "../scenario/unknown-name.ts";
import { checkScenario } from "../scenario/validate.ts";
import { aimed } from "./aim.ts";
import { budgetOf, fitsBudget, minorityBudget, type Budget, type Cost } from "./budget.ts";
import { drawnKinds, FAULT_ARBITRARIES, type DrawnKind } from "./fault-arbitraries.ts";

/** What a plan is drawn for. */
export interface PlanFacts {
  /** Virtual time of the whole run, µs. */
  readonly duration: Micros;
  readonly nodes: number;
  readonly budget: Budget;
  /** Names of the programs that the nodes run. */
  readonly programs: ReadonlySet<string>;
  /** Default {@link drawnKinds}. */
  readonly kinds?: readonly DrawnKind[] | undefined;
  /** Targets that mean one node each; without it, what the kinds themselves draw. */
  readonly targets?: readonly string[] | undefined;
  /** Default 1 to 10. */
  readonly count?: CountRange | undefined;
  /** From when until when its faults last. */
  readonly window?: readonly [from: Micros, to: Micros] | undefined;
  /** Names of other faults, which it leaves alone. */
  readonly taken?: readonly string[] | undefined;
}

/** Faults before their names. */
type Draft = Readonly<Record<string, Plain>> & { readonly kind: string };

const KINDS_MAX = 5;
const MS = 1_000;
/** The most that is left of a run for healing; half of it for the core alone. */
const HEALING_MAX: Micros = 20_000_000;

/**
 * Plans of faults as a swarm draws them: first which kinds are on, then how many, when and how strong; for what is always slightly
 * on finds less. The last part of the run heals everything: first a core that keeps its quorum, drawn like the rest, while the
 * others are still kept out in one of several ways; then all.
 *
 * @see Groce et al. 2012, "Swarm Testing". TigerBeetle's simulator, "liveness mode" (a core that must recover without the others).
 */
export function planArbitrary(facts: PlanFacts): fc.Arbitrary<FaultInput[]> {
  const all = [...(facts.kinds ?? drawnKinds(facts.programs))];
  const kinds = fc.subarray(all, { minLength: 1, maxLength: Math.min(KINDS_MAX, all.length) });
  const count = facts.count ?? { min: 1, max: 10 };
  const window = windowOf(facts);
  const faults = kinds.chain((on) =>
    fc.array(
      fc.constantFrom(...on).chain((kind) => draftArbitrary(kind, window, facts)),
      { minLength: count.min, maxLength: count.max },
    ),
  );
  return fc.tuple(faults, outsideArbitrary(facts, window[1])).map(([drafts, outside]) => {
    const kept = withinBudget(drafts, facts.budget).map(({ draft }) => draft);
    return named(outside === undefined ? kept : [...kept, outside], facts.taken ?? []);
  });
}

/** From when until when things break: until a third of the run is left, 20 s at most. */
function windowOf({ duration, window }: PlanFacts): readonly [Micros, Micros] {
  if (window !== undefined) return window;
  const healFrom = duration - Math.min(HEALING_MAX, Math.floor(duration / 3));
  // A cluster that never came to be finds nothing.
  return [Math.min(2_000_000, Math.floor(healFrom / 4)), healFrom];
}

interface Drafted {
  readonly draft: Draft;
  readonly cost: Cost;
}

function draftArbitrary(
  kind: DrawnKind,
  window: readonly [Micros, Micros],
  { targets, nodes, duration }: PlanFacts,
): fc.Arbitrary<Drafted> {
  const first = Math.ceil(window[0] / MS);
  const last = Math.max(first, Math.floor(window[1] / MS) - 1);
  const times = fc
    .tuple(fc.integer({ min: first, max: last }), fc.integer({ min: 50, max: 15_000 }))
    .map(([from, length]) => ({ from: from * MS, to: Math.min(from + length, last + 1) * MS }));
  const effect =
    targets === undefined
      ? kind.effect
      : fc.tuple(kind.effect, fc.constantFrom(...targets)).map(([drawn, target]) => aimed(drawn, target));
  return fc.tuple(times, effect).map(([drawnTimes, drawn]) => {
    // What ends by itself begins early enough to have ended when the rest heals.
    const lasts = kind.lasts?.(drawn, nodes) ?? 0;
    const from = Math.max(first * MS, Math.min(drawnTimes.from, (last + 1) * MS - lasts));
    const to = kind.isMoment === true ? from + lasts : drawnTimes.to;
    return {
      draft: {
        kind: kind.kind,
        ...drawn,
        at: formatDuration(from),
        // A moment, not a length: a fault that has to wait for a leader must not reach into the part that heals.
        ...(kind.isMoment === true ? {} : { until: formatDuration(to) }),
        // What a drawn fault did not touch is a row of the table, not an error.
        optional: true,
      },
      cost: {
        from,
        to: kind.mayLeaveDown === true ? duration : to,
        takesDown: kind.takesDown,
        endangersQuorum: kind.endangersQuorum,
      },
    };
  });
}

/**
 * Keeps a random minority out for the first half of the healing, while a core that has a quorum must recover by itself; nobody in
 * some plans, so that all heal at once. Out is: cut off, each alone, deaf, mute, without power, or standing still.
 */
function outsideArbitrary({ duration, budget, nodes }: PlanFacts, healFrom: Micros): fc.Arbitrary<Draft | undefined> {
  const half = Math.floor(Math.min(HEALING_MAX, duration - healFrom) / 2 / MS) * MS;
  const minority = minorityBudget(nodes).downMax;
  if (half < 2 * MS || minority === 0) return fc.constant(undefined);
  const times = {
    // What ends when the healing begins has ended by then.
    at: formatDuration(Math.ceil(healFrom / MS) * MS + MS),
    until: formatDuration(Math.ceil(healFrom / MS) * MS + half),
    optional: true,
  };
  const who = minority === 1 ? fc.constant("minority") : fc.constantFrom("minority", "random(1)");
  const ways: ((target: string) => Draft | undefined)[] = [
    (target) => ({ kind: "partition", shape: "split", groups: [[target], ["rest"]], ...times }),
    ...["isolate", "deaf", "mute"].map((shape) => (target: string): Draft => ({
      kind: "partition",
      shape,
      nodes: [target],
      ...times,
    })),
    ...(budget.downMax < minority ? [] : ["crash", "pause"]).map((kind) => (target: string): Draft => ({
      kind,
      nodes: [target],
      ...times,
    })),
    () => undefined,
  ];
  return fc.tuple(fc.constantFrom(...ways), who).map(([way, target]) => way(target));
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

/** `crash-1`, `crash-2` …; names that others have are left out. */
function named(drafts: readonly Draft[], taken: readonly string[]): FaultInput[] {
  const used = new Set(taken);
  return drafts.map((draft) => {
    let number = 1;
    while (used.has(`${draft.kind}-${String(number)}`)) number++;
    const id = `${draft.kind}-${String(number)}`;
    used.add(id);
    return { id, ...draft } as unknown as FaultInput;
  });
}

/**
 * The scenarios that seeds run, their faults drawn. A scenario with a `plan` keeps what it has beside it; of any other, drawn faults
 * take the place of those that it has, and nothing is expected of them. What is drawn has no `plan`, so that nothing draws again.
 *
 * @param budget  Instead of the plan's own.
 * @throws {ScenarioError} `SCENARIO_PLAN` when the plan names a kind that no plan draws.
 */
export function scenarioArbitrary(template: LoadedScenario, budget?: Budget): fc.Arbitrary<LoadedScenario> {
  const { scenario, source } = template;
  const { plan, ...input } = template.input;
  const kept = plan === undefined ? { faults: [], expect: [] } : { faults: [...(input.faults ?? [])] };
  const facts = planFacts(scenario, budget);
  const taken = kept.faults.map(({ id, kind }) => id ?? kind);
  const first = kept.faults.length;
  return planArbitrary({ ...facts, taken }).map((faults) => {
    const drawn = checkScenario(valid({ ...input, ...kept, faults: [...kept.faults, ...faults] }, first), knownNames());
    if (drawn.loaded === undefined) throw new Error(`A drawn plan is not valid: ${JSON.stringify(drawn.problems)}`);
    return source === undefined ? drawn.loaded : { ...drawn.loaded, source };
  });
}

/** The scenario that a seed runs: see {@link scenarioArbitrary}. */
export function drawPlan(template: LoadedScenario, seed: string, budget?: Budget): LoadedScenario {
  const arbitrary = scenarioArbitrary(template, budget);
  const drawn = fc.sample(fc.noBias(arbitrary), { seed: hashText(`plan/${seed}`)[0], numRuns: 1 })[0];
  if (drawn === undefined) throw new Error("Nothing was drawn.");
  return drawn;
}

/** What a scenario's plan asks for; what it leaves open is left to {@link planArbitrary}. */
export function planFacts(scenario: Scenario, budget?: Budget): PlanFacts {
  const { plan, duration } = scenario;
  const nodes = nodeIdsOf(scenario).length;
  return {
    duration,
    nodes,
    programs: new Set(scenario.nodes.map(({ program }) => program)),
    budget: budget ?? budgetOf(plan?.budget ?? "quorum-returns", nodes),
    kinds: plan?.kinds?.map(drawnKind),
    targets: plan?.targets,
    count: plan?.count,
    window: plan?.window,
  };
}

function drawnKind(name: string, place: number): DrawnKind {
  const kind = FAULT_ARBITRARIES.find((one) => one.kind === name);
  if (kind !== undefined) return kind;
  const names = FAULT_ARBITRARIES.map((one) => one.kind);
  const message = `No plan draws faults of kind "${name}": write it among the faults.`;
  throw new ScenarioError([unknownName("SCENARIO_PLAN", ["plan", "kinds", place], message, name, names, [])]);
}

/** Without the drawn faults (from place `first` on) that contradict others, or that this scenario has no nodes for. */
function valid(input: ScenarioInput, first: number): ScenarioInput {
  let current = input;
  for (let tries = (input.faults?.length ?? 0) - first; tries > 0; tries--) {
    const { problems } = checkScenario(current, knownNames());
    // The later of two that contradict each other may be one that is written.
    const bad = problems.flatMap(({ path }) => (path[0] === "faults" && Number(path[1]) >= first ? [path[1]] : []))[0];
    if (bad === undefined && problems.length === 0) return current;
    const out = bad ?? (current.faults?.length ?? 0) - 1;
    current = { ...current, faults: (current.faults ?? []).filter((_, i) => i !== out) };
  }
  return current;
}
