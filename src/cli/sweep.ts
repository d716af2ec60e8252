import { mkdir, rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Journal } from "../lab/explore/journal.ts";
import { PartSum } from "../lab/explore/part.ts";
import { Places, planOf, type PlanMode, type Span, type SweepPlan } from "../lab/explore/plan.ts";
import { scenarioOf } from "../lab/explore/run-unit.ts";
import { parseShard, type Shard } from "../lab/explore/shard.ts";
import { sweep, type Executor } from "../lab/explore/sweep.ts";
import { exitCodeOfSweep, sweepJson, sweepResultOf, type SweepResult } from "../lab/explore/sweep-result.ts";
import { gapsIn, shardSpan, unitsOf } from "../lab/explore/unit.ts";
import { WorkerLostError, WorkerPool } from "../lab/explore/worker-pool.ts";
import { worstExitCode } from "../lab/run/outcome.ts";
import { runScenario } from "../lab/run/run-scenario.ts";
import { writeRun, writeWhole } from "../lab/run/write-run.ts";
import type { LoadedScenario } from "../lab/scenario/model.ts";
import { fleetFile, openFleetFor } from "./fleet.ts";
import { ownScript } from "./own-script.ts";
import { Progress } from "./progress.ts";
import { makeFolder, writing } from "./reports-folder.ts";
import { sourceOf } from "./run-source.ts";
import { loadScenarios } from "./scenario-files.ts";
import { onSignals } from "./signals.ts";
import { sweepReport } from "./sweep-report.ts";

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
  readonly reporter: "default" | "json";
  readonly report: boolean;
  readonly reports: string;
}

/** Ways to fail of which one run is written with its timeline. */
const WRITTEN_RUNS = 5;

/** Runs scenarios over many seeds, on all processors. @returns the exit code. */
export async function sweepCommand(args: SweepArguments): Promise<number> {
  const shard = args.shard === undefined ? undefined : parseShard(args.shard);
  const scenarios = await loadScenarios(args.paths, args.checks);
  const plan = planOf(scenarios, args);
  const { total } = new Places(plan);
  const whole = shard === undefined ? { from: 0, to: total } : shardSpan(total, shard);
  const directory = join(args.reports, folderName(plan, shard));
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
    if (run.exitCode === undefined)
      await writing(directory, () => writeFailures(directory, { result, plan, scenarios }));
  }
  const replayLine = (seed: string, scenario: number): string => {
    const { path = "", name = "", checks } = plan.scenarios[scenario] ?? {};
    return args.plans === "random"
      ? `faultline replay ${join(directory, `${name}-${seed}`)}`
      : `faultline run ${path} --seed ${seed}${checks === undefined ? "" : ` --checks ${checks}`}`;
  };
  const text = sweepReport({ result, timing, replayLine, writtenTo: args.report ? writtenTo : undefined });
  (args.reporter === "json" ? process.stderr : process.stdout).write(text);
  if (args.reporter === "json") process.stdout.write(`${JSON.stringify(result)}\n`);
  return worstExitCode([exitCodeOfSweep(result), run.exitCode ?? 0]);
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
