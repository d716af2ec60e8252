import { mkdir, rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Journal } from "../lab/explore/journal.ts";
import { PartSum } from "../lab/explore/part.ts";
import { Places, planOf, type PlanMode, type Span, type SweepPlan } from "../lab/explore/plan.ts";
import { scenarioOf } from "../lab/explore/run-unit.ts";
import { parseShard, type Shard } from "../lab/explore/shard.ts";
import { sweep, type Executor } from "../lab/explore/sweep.ts";
import { coverageExitCode } from "../lab/explore/coverage.ts";
import { exitCodeOfSweep, sweepJson, sweepResultOf, type SweepResult } from "../lab/explore/sweep-result.ts";
import { gapsIn, shardSpan, unitsOf } from "../lab/explore/unit.ts";
import { WorkerLostError, WorkerPool } from "../lab/explore/worker-pool.ts";
import { worstExitCode } from "../lab/run/outcome.ts";
import { runScenario } from "../lab/run/run-scenario.ts";
import { writeRun, writeWhole } from "../lab/run/write-run.ts";
import type { LoadedScenario } from "../lab/scenario/model.ts";
import { ScenarioError } from "../lab/scenario/problems.ts";
import { fleetFile, openFleetFor } from "./fleet.ts";
import { failedSeeds, writeLastSweep } from "./last-sweep.ts";
import { ownScript } from "./own-script.ts";
import { Progress } from "./progress.ts";
import type { ReporterChoice } from "./reporters/names.ts";
import { sweepHtml } from "./reporters/sweep-formats.ts";
import { prepareSweepReporters, tellSweep } from "./reporters/sweep-reporters.ts";
import { makeFolder, writing } from "./reports-folder.ts";
import { sourceOf } from "./run-source.ts";
import { loadScenarios } from "./scenario-files.ts";
import { onSignals } from "./signals.ts";
import { replayOfSweep } from "./sweep-replay.ts";

export interface SweepArguments {
  readonly paths: readonly string[];
  readonly seeds: string;
  readonly plans: PlanMode;
  /** Rules to judge in place of those of the scenarios, as `--checks` writes them. */
  readonly checks?: string | undefined;
  readonly shard?: string | undefined;
  readonly resume: boolean;
  /** Failing runs after which no new unit begins; 0 for none. */
  readonly bail: number;
  readonly workers?: number | undefined;
  /** URL of the Redis whose workers run it, instead of processes of this machine. */
  readonly queue?: string | undefined;
  readonly reporters: ReporterChoice;
  /** Whether what never happened, of what the scenarios ask for, is a failure of the sweep (exit 3). */
  readonly requireCoverage: boolean;
  /** Only the seeds that failed last time, with the scenarios they failed with. */
  readonly lastFailed: boolean;
  readonly report: boolean;
  readonly reports: string;
}

/** Ways to fail of which one run is written with its timeline. */
const WRITTEN_RUNS = 5;

/** Runs scenarios over many seeds, on all processors. @returns the exit code. */
export async function sweepCommand(args: SweepArguments): Promise<number> {
  const shard = args.shard === undefined ? undefined : parseShard(args.shard);
  if (shard !== undefined && args.requireCoverage) throw refuseCoverage(args.shard ?? "");
  const chosen = await chosenRuns(args);
  if (chosen === undefined) {
    process.stderr.write("Everything passed last time.\n");
    return 0;
  }
  const { scenarios } = chosen;
  const plan = planOf(scenarios, chosen);
  await prepareSweepReporters(args.reporters);
  const startedAt = new Date().toISOString();
  const { total } = new Places(plan);
  const whole = shard === undefined ? { from: 0, to: total } : shardSpan(total, shard);
  const directory = join(args.reports, `${folderName(plan, shard)}${args.lastFailed ? "-last-failed" : ""}`);
  if (args.report) await makeFolder(directory);
  const journalPath = join(directory, "journal.jsonl");
  const before = args.report && args.resume ? Journal.resume(journalPath, plan) : undefined;
  const done = before?.parts ?? [];
  const open = gapsIn(whole, done);
  const progress = new Progress(open.reduce((sum, { from, to }) => sum + to - from, 0));
  const executor =
    args.queue === undefined
      ? localPool(plan, open, { workers: args.workers, progress })
      : await openFleetFor({
          ...args,
          queue: args.queue,
          resume: before !== undefined,
          plan,
          scenarios,
          directory,
          progress,
        });
  const begin = (): Promise<Journal> => writing(journalPath, () => Journal.begin(journalPath, plan));
  const journal = before?.journal ?? (args.report ? await orClose(begin, executor) : undefined);
  const run = new SweepRun({ plan, done, journal, args, executor, progress });
  const timing = await run.go(open);
  const result = sweepResultOf(plan, run.sum, { spans: run.spans, shard: args.shard });
  const writtenTo = join(directory, "sweep.json");
  if (args.report) {
    await writing(writtenTo, () => writeWhole(writtenTo, sweepJson(result)));
    if (run.exitCode === undefined && gapsIn(whole, run.spans).length === 0) {
      await rm(journalPath, { force: true });
      await rm(fleetFile(directory), { force: true });
    }
    if (run.exitCode === undefined) {
      await writing(directory, () => writeFailures(directory, { result, plan, scenarios }));
      await writing(args.reports, () => writeLastSweep(args.reports, result));
    }
  }
  const written = new Set(args.report ? result.groups.slice(0, WRITTEN_RUNS).map(({ quickest }) => quickest) : []);
  const folderOf = (seed: string, scenario: number): string | undefined =>
    written.has(seed) ? join(directory, `${plan.scenarios[scenario]?.name ?? ""}-${seed}`) : undefined;
  const exitCode = worstExitCode([
    exitCodeOfSweep(result),
    run.exitCode ?? 0,
    coverageExitCode(result, args.requireCoverage),
  ]);
  const page = args.report ? join(directory, "index.html") : undefined;
  const told = {
    result,
    timing,
    replayLine: replayOfSweep(plan, folderOf),
    folderOf,
    writtenTo: args.report ? writtenTo : undefined,
    page,
    exitCode,
    isCoverageRequired: args.requireCoverage,
    startedAt,
  };
  if (page !== undefined) await writing(page, () => writeWhole(page, sweepHtml(told, directory)));
  await tellSweep(told, { choice: args.reporters, streams: process, env: process.env });
  return exitCode;
}

/** What is swept: what was asked for, or what of it failed last time; `undefined` for nothing. */
async function chosenRuns(
  args: SweepArguments,
): Promise<
  { readonly scenarios: readonly LoadedScenario[]; readonly seeds: string; readonly plans: PlanMode } | undefined
> {
  const { seeds, plans, checks } = args;
  if (!args.lastFailed) return { scenarios: await loadScenarios(args.paths, checks), seeds, plans };
  const failed = failedSeeds(args.reports, args.paths);
  if (failed.seeds === "") return undefined;
  const loaded = await loadScenarios(failed.paths, checks);
  const scenarios = loaded.filter(({ scenario }) => failed.scenarios.includes(scenario.name));
  return { scenarios, seeds: failed.seeds, plans: failed.plans };
}

function refuseCoverage(shard: string): ScenarioError {
  const message = "A shard alone covers only its part.";
  const expected = "--require-coverage with merge, once all shards are there";
  return new ScenarioError([
    { code: "COVERAGE", path: [], file: "--require-coverage", message, expected, got: `--shard ${shard}` },
  ]);
}

/** `sweep-split-2-3`, `sweep-3-scenarios-shard-2-of-4`. */
function folderName(plan: SweepPlan, shard: Shard | undefined): string {
  const [only] = plan.scenarios;
  const name =
    plan.scenarios.length === 1 && only !== undefined ? only.name : `${String(plan.scenarios.length)}-scenarios`;
  return `sweep-${name}${shard === undefined ? "" : `-shard-${String(shard.index)}-of-${String(shard.of)}`}`;
}

interface SweepRunOptions {
  readonly plan: SweepPlan;
  readonly done: readonly (Span & Parameters<PartSum["addPart"]>[0])[];
  readonly journal: Journal | undefined;
  readonly args: SweepArguments;
  readonly executor: SweepExecutor;
  readonly progress: Progress;
}

/** Work without which a sweep cannot begin: nobody waits for one that does not. */
async function orClose<T>(work: () => Promise<T>, executor: Executor): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await executor.close();
    throw error;
  }
}

/** Processes of this machine. */
function localPool(
  plan: SweepPlan,
  open: readonly Span[],
  { workers, progress }: { readonly workers: number | undefined; readonly progress: Progress },
): SweepExecutor {
  const places = new Places(plan);
  return new WorkerPool({
    plan,
    workers: Math.max(1, Math.min(workers ?? availableParallelism(), [...unitsOf(open, places.total)].length)),
    script: ownScript("sweep-worker"),
    nameOf: (place) => `${plan.scenarios[places.scenarioOf(place)]?.name ?? "?"} seed ${places.seedOf(place)}`,
    onLost: (text) => {
      progress.say(text);
    },
  });
}

/** Whoever runs the units of a sweep. */
type SweepExecutor = Executor & {
  /** A part is in the journal; nobody else needs to keep it. */
  forget?(part: Span): void;
};

/** One sweep from its first worker to its last part. */
class SweepRun {
  readonly sum = new PartSum();
  readonly spans: Span[] = [];
  /** Set when it ended early: 130 or 143 for a signal, 70 for a worker that was lost. */
  exitCode: number | undefined;
  readonly #options: SweepRunOptions;

  constructor(options: SweepRunOptions) {
    this.#options = options;
    for (const part of options.done) {
      this.sum.addPart(part);
      this.spans.push(part);
    }
  }

  async go(open: readonly Span[]): Promise<{ readonly wallMs: number; readonly done: number }> {
    const { plan, args, journal, executor, progress } = this.#options;
    const bail = new AbortController();
    const interruption = onSignals();
    let failed = 0;
    try {
      const parts = sweep({
        units: unitsOf(open, new Places(plan).total),
        executor,
        signal: AbortSignal.any([interruption.signal, bail.signal]),
        onRun: (run) => {
          progress.run(run);
          if (run.exitCode !== 0 && ++failed === args.bail) bail.abort(0);
        },
      });
      for await (const part of parts) {
        await writing("journal.jsonl", () => journal?.add(part));
        executor.forget?.(part);
        this.sum.addPart(part);
        this.spans.push(part);
      }
      if (interruption.signal.aborted) this.exitCode = Number(interruption.signal.reason);
    } catch (error) {
      if (!(error instanceof WorkerLostError)) throw error;
      progress.say(`${error.code}: ${error.message} What was done until then is written.`);
      this.exitCode = 70;
    } finally {
      interruption.release();
      await executor.close();
    }
    return progress.end();
  }
}

/** Writes the quickest run of each way to fail, as `run` does; a further look needs no sweep. */
async function writeFailures(
  directory: string,
  sweepOf: { readonly result: SweepResult; readonly plan: SweepPlan; readonly scenarios: readonly LoadedScenario[] },
): Promise<void> {
  const { result, plan, scenarios } = sweepOf;
  const places = new Places(plan);
  const source = sourceOf(plan, scenarios);
  for (const { quickest, fingerprint } of result.groups.slice(0, WRITTEN_RUNS)) {
    const failure = result.failures.find((one) => one.seed === quickest && one.fingerprint === fingerprint);
    if (failure === undefined) continue;
    const loaded = await scenarioOf(source, places.scenarioOf(failure.place), failure.seed);
    const { result: run, trace } = await runScenario(loaded, { seed: failure.seed, keepTrace: true });
    await mkdir(directory, { recursive: true });
    await writeRun(directory, run, trace);
  }
}
