import { byCodeUnit } from "../trace/plain.ts";
import { parseSeeds } from "../lab/explore/seeds.ts";
import type { Failure } from "../lab/explore/failure.ts";
import { runsIn, type SweepResult } from "../lab/explore/sweep-result.ts";
import type { Tally } from "../lab/explore/tally.ts";
import {
  CELLS_MAX,
  type CoverageRow,
  type RunsCell,
  type RunsPageModel,
  type RunsRow,
} from "../lab/report/runs-page.ts";

export interface SweepPageOptions {
  /** How one failing seed is seen again. */
  readonly replayLine: (seed: string, scenario: number) => string;
  /** Timeline of a run, relative to the page; `undefined` where none was written. */
  readonly hrefOf: (scenario: number, seed: string) => string | undefined;
}

/** What the page of a sweep shows; merged shards give the same page as the whole. */
export function sweepPageModel(result: SweepResult, options: SweepPageOptions): RunsPageModel {
  const { plan, groups, failures, total, tool } = result;
  const perScenario = total / Math.max(1, plan.scenarios.length);
  const [only] = plan.scenarios;
  const ways = groups.map((group) => {
    const seen = failures.find(({ seed, fingerprint }) => seed === group.quickest && fingerprint === group.fingerprint);
    const scenario = Math.floor((seen?.place ?? 0) / perScenario);
    const href = options.hrefOf(scenario, group.quickest);
    return {
      ...group,
      scenario: plan.scenarios[scenario]?.name ?? "",
      replay: options.replayLine(group.quickest, scenario),
      ...(href === undefined ? {} : { href }),
    };
  });
  const wayOf = new Map(groups.map(({ fingerprint }, index) => [fingerprint, index]));
  return {
    subject:
      plan.scenarios.length === 1
        ? `sweep of ${only?.name ?? ""}`
        : `sweep of ${String(plan.scenarios.length)} scenarios`,
    version: `${tool.name} ${tool.version}`,
    seeds: plan.seeds,
    runs: runsIn(result),
    planned: total,
    failed: failures.length,
    ways,
    rows: plan.scenarios.map(({ name }, index): RunsRow => {
      const tally = result.tallies[index];
      const cells = cellsOf(result, index, { perScenario, wayOf, hrefOf: options.hrefOf });
      return {
        scenario: name,
        runs: tally?.runs ?? 0,
        failed: cells.reduce((sum, { failed }) => sum + failed, 0),
        cells,
      };
    }),
    coverage: plan.scenarios.flatMap(({ name }, index) => {
      const tally = result.tallies[index];
      return tally === undefined || tally.runs === 0 ? [] : [{ of: name, runs: tally.runs, rows: coverageOf(tally) }];
    }),
  };
}

interface CellOptions extends Pick<SweepPageOptions, "hrefOf"> {
  readonly perScenario: number;
  readonly wayOf: ReadonlyMap<string, number>;
}

function cellsOf(result: SweepResult, scenario: number, options: CellOptions): RunsCell[] {
  const { perScenario, wayOf, hrefOf } = options;
  const seeds = parseSeeds(result.plan.seeds);
  const size = Math.max(1, Math.ceil(perScenario / CELLS_MAX));
  const first = scenario * perScenario;
  const failed = new Map<number, Failure[]>();
  for (const failure of result.failures) {
    const cell = Math.floor((failure.place - first) / size);
    if (failure.place >= first && failure.place < first + perScenario)
      failed.set(cell, [...(failed.get(cell) ?? []), failure]);
  }
  const cells: RunsCell[] = [];
  for (let from = 0; from < perScenario; from += size) {
    const to = Math.min(perScenario, from + size);
    const inside = failed.get(cells.length) ?? [];
    const runs = result.spans.reduce(
      (sum, span) => sum + Math.max(0, Math.min(span.to, first + to) - Math.max(span.from, first + from)),
      0,
    );
    const [shown] = inside;
    const href = shown === undefined ? undefined : hrefOf(scenario, shown.seed);
    cells.push({
      seeds: to - from === 1 ? seeds.at(from) : `${seeds.at(from)} to ${seeds.at(to - 1)}`,
      runs,
      failed: inside.length,
      way: shown === undefined ? (runs === 0 ? -2 : -1) : (wayOf.get(shown.fingerprint) ?? 0),
      ...(href === undefined ? {} : { href }),
    });
  }
  return cells;
}

/** What was judged and what happened; what was not stands last, since it is what a reader must not miss. */
export function coverageOf(tally: Tally): CoverageRow[] {
  const rows: CoverageRow[] = [];
  for (const [name, { holds = 0, violated = 0, inconclusive = 0, judged = 0 }] of sorted(tally.checkers)) {
    const runs = holds + violated + inconclusive;
    const state = violated > 0 ? "bad" : inconclusive > 0 ? "open" : runs > 0 ? "good" : "never";
    const notes = [
      ...(violated > 0 ? [`violated in ${count(violated)}`] : []),
      ...(inconclusive > 0 ? [`not decided in ${count(inconclusive)}`] : []),
      runs === 0 ? "nothing to judge" : `${count(judged)} judged in ${count(runs)}`,
    ];
    rows.push({ kind: "rule", name, words: notes.join(", "), state });
  }
  for (const [name, { held = 0, failed = 0 }] of sorted(tally.expects)) {
    const words = failed === 0 ? `held in ${count(held)}` : `failed in ${count(failed)} of ${count(held + failed)}`;
    rows.push({ kind: "expectation", name, words, state: failed === 0 ? "good" : "bad" });
  }
  for (const [name, { planned = 0, touched = 0, touches = 0 }] of sorted(tally.faults)) {
    const words =
      touched === 0
        ? `touched nothing in ${count(planned)}`
        : `${count(touches)} touches in ${count(touched)} of ${count(planned)}`;
    rows.push({ kind: "fault", name, words, state: touched === 0 ? "never" : "good" });
  }
  const happenings = [
    ...Object.entries(tally.sometimes).map(([name, runs]) => ({ kind: "sometimes" as const, name, runs })),
    ...Object.entries(tally.probes).map(([name, runs]) => ({ kind: "probe" as const, name, runs })),
  ];
  for (const { kind, name, runs } of happenings.sort((x, y) => byCodeUnit(x.name, y.name))) {
    const words = runs === 0 ? "never happened" : `in ${count(runs)}`;
    rows.push({ kind, name, words, state: runs === 0 ? "never" : "good" });
  }
  const isNever = ({ state }: CoverageRow): number => (state === "never" ? 1 : 0);
  return rows.sort((a, b) => isNever(a) - isNever(b));
}

function sorted<Row>(rows: Readonly<Record<string, Row>>): [string, Row][] {
  return Object.entries(rows).sort(([a], [b]) => byCodeUnit(a, b));
}

function count(runs: number): string {
  return String(runs).replace(/\B(?=(\d{3})+$)/g, ",");
}
