import { readFileSync } from "node:fs";
import { SHORT_SLICE_EVENTS } from "../../sim/kernel/kernel.ts";
import type { ProgramError } from "../../sim/process/sim-node.ts";
import type { Fields, Plain } from "../../trace/plain.ts";
import { RECORD_KINDS } from "../../trace/record.ts";
import { RESULT_VERSION, type RunResult } from "../../trace/result.ts";
import type { TraceListener } from "../../trace/listeners.ts";
import type { Trace } from "../../trace/trace.ts";
import type { LoadedScenario, ScenarioInput } from "../scenario/model.ts";
import { ScenarioError } from "../scenario/problems.ts";
import { checkScenario } from "../scenario/validate.ts";
import { assemble, type AssembledRun, type AssembleOptions } from "./assemble.ts";
import { knownNames } from "./known-names.ts";
import { decideOutcome } from "./outcome.ts";

export interface RunOptions extends Omit<AssembleOptions, "listeners"> {
  /** See records beside the run's own judges; as a function asked anew for each time the run begins. */
  readonly listeners?: readonly TraceListener[] | (() => readonly TraceListener[]);
  /** Ends the run early, with a partial result. Its reason is the exit code, 130 or 143. */
  readonly signal?: AbortSignal;
  /** Hears at the end of everything that programs threw, or rejected without a handler. */
  readonly onErrors?: (errors: readonly ProgramError[]) => void;
}

export interface FinishedRun {
  readonly result: RunResult;
  /** Present with `keepTrace`. */
  readonly trace?: Trace;
}

/** How often a run is begun that a machine which stood still has ended. */
const BEGINNINGS = 3;

/**
 * Runs a scenario. A run that ended because the machine gave the process little time, which says nothing about the scenario, is made
 * again from the beginning, unless somebody has heard of its first one who cannot begin anew.
 *
 * @throws {ScenarioError} when it is given as written and is not right; nothing ran then. What breaks during the run is in the result.
 */
export async function runScenario(scenario: LoadedScenario | ScenarioInput, options: RunOptions): Promise<FinishedRun> {
  const loaded = "scenario" in scenario ? scenario : checked(scenario);
  refusePlan(loaded);
  const { listeners, ...others } = options;
  const isHeard = Array.isArray(listeners) || others.onEscape !== undefined || others.betweenSlices !== undefined;
  for (let beginnings = 1; ; beginnings++) {
    const { finished, errors } = await runOnce(loaded, {
      // In short slices a machine that gives a process little is told from code that hangs.
      ...(beginnings === 1 ? {} : { sliceEvents: SHORT_SLICE_EVENTS }),
      ...others,
      ...(listeners === undefined ? {} : { listeners: typeof listeners === "function" ? listeners() : listeners }),
    });
    if (finished.result.error?.code === "STARVED" && beginnings < BEGINNINGS && !isHeard) continue;
    options.onErrors?.(errors);
    return finished;
  }
}

async function runOnce(
  loaded: LoadedScenario,
  options: Omit<RunOptions, "listeners"> & AssembleOptions,
): Promise<{ readonly finished: FinishedRun; readonly errors: readonly ProgramError[] }> {
  const startedAt = new Date();
  const assembled = await assemble(loaded.scenario, options);
  const { kernel } = assembled;
  const stop = (): void => {
    kernel.stop();
  };
  options.signal?.addEventListener("abort", stop);
  let error: RunResult["error"];
  try {
    if (options.signal?.aborted !== true) await kernel.run(loaded.scenario.duration);
  } catch (thrown) {
    error = describeError(thrown);
  } finally {
    options.signal?.removeEventListener("abort", stop);
  }
  const wallMs = Date.now() - startedAt.getTime();
  const signalExit = options.signal?.aborted === true ? Number(options.signal.reason) : undefined;
  const result = finish(assembled, loaded, {
    seed: options.seed,
    error,
    signalExit,
    timing: { startedAt: startedAt.toISOString(), wallMs },
  });
  const { trace } = assembled.trace;
  return { finished: { result, ...(trace === undefined ? {} : { trace }) }, errors: assembled.cluster.errors };
}

/** A plan is drawn before the run, by those who know how: the run itself has no faults but written ones. */
function refusePlan({ scenario, source }: LoadedScenario): void {
  if (scenario.plan === undefined) return;
  const file = source === undefined ? {} : { file: source.path };
  const message = "The scenario's plan has not been drawn.";
  const expected = "the scenario of one seed, as drawPlan gives it";
  throw new ScenarioError([{ code: "SCENARIO_PLAN", path: ["plan"], message, expected, ...file }]);
}

function checked(input: ScenarioInput): LoadedScenario {
  const { loaded, problems } = checkScenario(input, knownNames());
  if (loaded === undefined) throw new ScenarioError(problems);
  return loaded;
}

interface Ending {
  readonly seed: string;
  readonly error: RunResult["error"];
  readonly signalExit: number | undefined;
  readonly timing: RunResult["timing"];
}

function finish(run: AssembledRun, loaded: LoadedScenario, ending: Ending): RunResult {
  const endTime = run.kernel.now;
  const verdicts = run.checkers.finish(endTime);
  const expects = run.expects.finish(endTime);
  const faults = run.faults.outcomes();
  const receipts = run.receipts.finish(endTime);
  const { outcome, exitCode } = decideOutcome({
    error: ending.error?.code,
    signalExit: ending.signalExit,
    verdicts,
    expects,
    faults,
  });
  return {
    schema: RESULT_VERSION,
    tool: { name: "faultline", version: toolVersion() },
    nodeVersion: process.version,
    scenario: loaded.input as Plain,
    scenarioName: loaded.scenario.name,
    ...(loaded.source === undefined ? {} : { source: loaded.source }),
    seed: ending.seed,
    nodes: run.nodes,
    faults,
    verdicts,
    expects: expects.map((judged) => judged.outcome),
    story: [...run.story.finish(endTime), ...receipts.story].sort((a, b) => a.time - b.time),
    summary: receipts.summary,
    digest: run.trace.digest(),
    endTime,
    counts: countsOf(run),
    outcome,
    exitCode,
    ...(ending.error === undefined ? {} : { error: ending.error }),
    timing: ending.timing,
  };
}

function countsOf(run: AssembledRun): RunResult["counts"] {
  const { trace, kernel, outcomes } = run;
  const of = (kind: (typeof RECORD_KINDS)[number]): number => trace.counts[RECORD_KINDS.indexOf(kind)] as number;
  return {
    records: trace.count,
    events: kernel.events,
    sent: of("sent"),
    delivered: of("delivered"),
    dropped: of("dropped"),
    operations: of("invoke"),
    ok: outcomes.ok,
    fail: outcomes.fail,
    info: outcomes.info,
  };
}

function describeError(thrown: unknown): NonNullable<RunResult["error"]> {
  const error = thrown as { code?: unknown; message?: unknown; facts?: Fields; stack?: unknown };
  const facts = error.facts ?? {};
  const isOwn = typeof error.code === "string" && error.facts !== undefined;
  return {
    code: isOwn ? (error.code as string) : "INTERNAL",
    message: String(error.message ?? thrown),
    node: String(facts["node"] ?? ""),
    facts: isOwn ? facts : { stack: typeof error.stack === "string" ? error.stack : "" },
  };
}

let version: string | undefined;

/** Version of this package. */
export function toolVersion(): string {
  version ??= (
    JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")) as { version: string }
  ).version;
  return version;
}
