import { randomUUID } from "node:crypto";
import { extname } from "node:path";
import { canonicalJson } from "../../lab/explore/canonical-json.ts";
import type { Span, SweepPlan } from "../../lab/explore/plan.ts";
import { toolVersion } from "../../lab/run/run-scenario.ts";
import type { LoadedScenario, ScenarioInput } from "../../lab/scenario/model.ts";
import { hashText } from "../../trace/hash.ts";

/** Version of what a job holds. */
export const ORDER_VERSION = 1;

/** A scenario of data as it was loaded where the sweep began, so that a worker needs no file. */
export interface CarriedScenario {
  readonly input: ScenarioInput;
  readonly source: NonNullable<LoadedScenario["source"]>;
}

/** A plan with its scenarios; one that is code is `null`, and is loaded by its path. In the plan's order. */
export interface CarriedPlan extends SweepPlan {
  readonly carried: readonly (CarriedScenario | null)[];
}

/** What a sweep asks of a fleet. Plain data: every job carries it. */
export interface SweepOrder {
  readonly schema: typeof ORDER_VERSION;
  /** Names this sweep and no other; `[a-z0-9-]` only. */
  readonly sweep: string;
  /** Of the tool; a worker of another one refuses. */
  readonly version: string;
  readonly plan: CarriedPlan;
}

/** One job of the queue. */
export interface UnitJob {
  readonly order: SweepOrder;
  readonly unit: Span;
}

/** @param sweep  An earlier name, to go on with its units. */
export function orderOf(plan: SweepPlan, scenarios: readonly LoadedScenario[], sweep?: string): SweepOrder {
  const carried = scenarios.map(({ input, source }) =>
    source === undefined || isCode(source.path) ? null : { input, source },
  );
  return { schema: ORDER_VERSION, sweep: sweep ?? newName(plan), version: toolVersion(), plan: { ...plan, carried } };
}

export function isCode(path: string): boolean {
  return /^\.[mc]?[jt]s$/.test(extname(path));
}

/** The same unit of the same sweep has the same name, however often it is put on the queue. */
export function unitIdOf(sweep: string, { from, to }: Span): string {
  return `${sweep}-${String(from)}-${String(to)}`;
}

/** `split-2-3-5e884898-1b9d6bcd`: what it is of, for people; its plan; and that it is this very sweep. */
function newName(plan: SweepPlan): string {
  const [only] = plan.scenarios;
  const what =
    plan.scenarios.length === 1 && only !== undefined ? only.name : `${String(plan.scenarios.length)}-scenarios`;
  const [hash] = hashText(canonicalJson(plan));
  return `${what}-${(hash >>> 0).toString(16).padStart(8, "0")}-${randomUUID().slice(0, 8)}`;
}
