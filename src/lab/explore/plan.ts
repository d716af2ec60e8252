import { createHash } from "node:crypto";
import { extname } from "node:path";
import type { LoadedScenario } from "../scenario/model.ts";
import { canonicalJson } from "./canonical-json.ts";
import { parseSeeds, type SeedList } from "./seeds.ts";

/**
 * How faults of a sweep come about. `scenario`: as each scenario says, drawn where it has a `plan`. `written`: those that are written,
 * and no others. `random`: drawn anew for each seed, also in place of those that are written in a scenario without a `plan`.
 */
export type PlanMode = "scenario" | "written" | "random";

/** One scenario of a sweep. */
export interface SweptScenario {
  readonly name: string;
  /** Where it is, relative to the working directory; no equality looks at it. */
  readonly path: string;
  /** Hash of everything that decides its runs, as far as this package can see it. */
  readonly hash: string;
  /** Rules asked for in place of the file's own, as `--checks` writes them. */
  readonly checks?: string;
}

/** What a sweep is asked to do: plain data, the same for every shard of it. */
export interface SweepPlan {
  readonly scenarios: readonly SweptScenario[];
  /** Seeds as {@link SeedList} writes them. */
  readonly seeds: string;
  readonly plans: PlanMode;
}

/** A run of a sweep by its number: every seed of the first scenario, then of the second. */
export type Place = number;

/** Runs of a sweep from one place to before another. */
export interface Span {
  readonly from: Place;
  readonly to: Place;
}

/** Where the runs of a plan are. */
export class Places {
  readonly total: number;
  readonly #seeds: SeedList;

  constructor(plan: SweepPlan) {
    this.#seeds = parseSeeds(plan.seeds);
    this.total = this.#seeds.count * plan.scenarios.length;
  }

  scenarioOf(place: Place): number {
    return Math.floor(place / this.#seeds.count);
  }

  seedOf(place: Place): string {
    return this.#seeds.at(place % this.#seeds.count);
  }
}

export function planOf(
  scenarios: readonly LoadedScenario[],
  options: { readonly seeds: string; readonly plans: PlanMode },
): SweepPlan {
  return {
    scenarios: scenarios.map((loaded) => ({
      name: loaded.scenario.name,
      path: loaded.source?.path ?? "",
      hash: hashOf(loaded),
      ...(loaded.source?.checks === undefined ? {} : { checks: loaded.source.checks }),
    })),
    seeds: parseSeeds(options.seeds).text,
    plans: options.plans,
  };
}

/** Comments and spelling of a data file do not count; every byte of a code file does, since it holds what runs. */
export function hashOf(loaded: LoadedScenario): string {
  const { source } = loaded;
  const isCode = source !== undefined && /^\.[mc]?[jt]s$/.test(extname(source.path));
  const text = canonicalJson(loaded.input) + (isCode ? source.sha256 : "");
  return createHash("sha256").update(text).digest("hex");
}
