import { runScenario } from "../run/run-scenario.ts";
import { asNonDeterministic } from "../run/verify.ts";
import type { LoadedScenario } from "../scenario/model.ts";
import type { RunResult } from "../../trace/result.ts";
import type { TraceListener } from "../../trace/listeners.ts";
import { failureOf, type Fingerprinter } from "./failure.ts";
import { PartSum, type Part } from "./part.ts";
import { Places, type Place, type PlanMode, type Span, type SweepPlan } from "./plan.ts";
import { ownProbes } from "./own-probes.ts";
import { ProbeSet } from "./probes.ts";
import { undrawn } from "./drawn.ts";
import { tallyOf } from "./tally.ts";

/** What a sweep's runs are made of, in the process that runs them. */
export interface RunSource {
  readonly plan: SweepPlan;
  /** In the plan's order. */
  readonly scenarios: readonly LoadedScenario[];
  readonly fingerprint: Fingerprinter;
  /** The scenario of one seed where plans are drawn. */
  readonly drawPlan?: (template: LoadedScenario, seed: string) => Promise<LoadedScenario>;
}

export interface UnitOptions {
  /** Ends the unit before its next run; the run under way is given up. */
  readonly signal?: AbortSignal;
  onStart?(place: Place): void;
  onRun?(run: RunEvent): void;
}

/** A run of a sweep has ended. */
export interface RunEvent {
  readonly place: Place;
  readonly exitCode: number;
  /** What failed first: a checker, an expectation; `""` for a run that passed. */
  readonly what: string;
}

/** One run in so many is strict. By its place, so that every way to cut a sweep into shards gives the same runs. */
const STRICT_EVERY = 50;

/** Runs a unit. @returns what was done of it: all, unless the signal came. */
export async function runUnit(source: RunSource, unit: Span, options: UnitOptions = {}): Promise<Part> {
  const places = new Places(source.plan);
  const sum = new PartSum();
  let place = unit.from;
  for (; place < unit.to && options.signal?.aborted !== true; place++) {
    options.onStart?.(place);
    const scenario = places.scenarioOf(place);
    const loaded = await scenarioOf(source, scenario, places.seedOf(place));
    const run = await runOnce(loaded, places.seedOf(place), {
      source,
      isStrict: place % STRICT_EVERY === 0,
      signal: options.signal,
    });
    if (run === undefined) break;
    const { result, probes, fingerprint } = run;
    const failures = fingerprint === undefined ? [] : [failureOf(place, result, fingerprint)];
    sum.add(
      scenario,
      tallyOf({
        place,
        result,
        probes: probes.happened(),
        sometimes: probes.ownHappened(),
        written: writtenFaults(source, scenario),
      }),
      failures,
    );
    options.onRun?.({ place, exitCode: result.exitCode, what: failures[0]?.what[0] ?? "" });
  }
  return { from: unit.from, to: place, tallies: sum.tallies, failures: sum.failures() };
}

/** The scenario a seed of a sweep runs. */
export async function scenarioOf(source: RunSource, index: number, seed: string): Promise<LoadedScenario> {
  const loaded = source.scenarios[index];
  if (loaded === undefined) throw new RangeError(`The plan has no scenario ${String(index)}.`);
  if (!isDrawn(source.plan.plans, loaded)) return undrawn(loaded);
  if (source.drawPlan === undefined) throw new Error("Random plans need somebody who draws them.");
  return source.drawPlan(loaded, seed);
}

function isDrawn(mode: PlanMode, { scenario }: LoadedScenario): boolean {
  return mode === "random" || (mode === "scenario" && scenario.plan !== undefined);
}

/** Names of the faults that every run of a scenario has; `undefined` where all are its own. */
function writtenFaults({ plan, scenarios }: RunSource, index: number): ReadonlySet<string> | undefined {
  const loaded = scenarios[index];
  if (loaded === undefined || !isDrawn(plan.plans, loaded)) return undefined;
  const { scenario } = loaded;
  return new Set(scenario.plan === undefined ? [] : scenario.faults.map(({ id, kind }) => id ?? kind));
}

interface OnceOptions {
  readonly source: RunSource;
  /** Whether messages are frozen, which costs a third of the time and tells whether a program changes what it has sent. */
  readonly isStrict: boolean;
  readonly signal: AbortSignal | undefined;
}

interface JudgedRun {
  readonly result: RunResult;
  /** Of a run that did not pass. */
  readonly fingerprint?: string;
}

/** Runs fast, without records; what failed runs again with them, which tells also whether it is deterministic. */
async function runOnce(
  loaded: LoadedScenario,
  seed: string,
  { source, isStrict, signal }: OnceOptions,
): Promise<(JudgedRun & { readonly probes: ProbeSet }) | undefined> {
  const abortable = signal === undefined ? {} : { signal };
  let probes = new ProbeSet();
  const listeners = (): readonly TraceListener[] => (probes = new ProbeSet(ownProbes(loaded.scenario))).listeners;
  const { result } = await runScenario(loaded, { seed, strict: isStrict, listeners, ...abortable });
  if (isAborted(signal)) return undefined;
  if (result.exitCode === 0) return { result, probes };
  const again = await runScenario(loaded, { seed, keepTrace: true, ...abortable });
  const { trace } = again;
  if (trace === undefined || isAborted(signal)) return undefined;
  return { ...ofTwo(result, again.result, () => source.fingerprint(again.result, trace)), probes };
}

/**
 * What two runs of one seed say together.
 *
 * @param first  Without records; it did not pass.
 * @param second  With records; messages are frozen.
 * @param fingerprint  Of the second.
 */
export function ofTwo(first: RunResult, second: RunResult, fingerprint: () => string): JudgedRun {
  if (second.digest === first.digest) return { result: first, fingerprint: fingerprint() };
  // A run that the machine has starved is a part of itself, and says nothing.
  if (first.error?.code === "STARVED" && second.exitCode === 0) return { result: second };
  // A message that was changed after it was sent is an error where messages are frozen.
  if (second.error !== undefined || first.error?.code === "STARVED")
    return { result: second, fingerprint: fingerprint() };
  const differing = asNonDeterministic(first, { holds: false, secondDigest: second.digest });
  return { result: differing, fingerprint: "non-deterministic" };
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}
