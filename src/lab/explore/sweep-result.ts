import type { Plain } from "../../trace/plain.ts";
import { worstExitCode } from "../run/outcome.ts";
import { toolVersion } from "../run/run-scenario.ts";
import { ScenarioError } from "../scenario/problems.ts";
import { canonicalJson } from "./canonical-json.ts";
import { groupFailures, type Failure, type FailureGroup } from "./failure.ts";
import type { PartSum } from "./part.ts";
import { Places, type Span, type SweepPlan } from "./plan.ts";
import { EMPTY_TALLY, type Tally } from "./tally.ts";
import { joinSpans } from "./unit.ts";

/** Version of `sweep.json`. */
export const SWEEP_VERSION = 1;

/**
 * What a sweep, or a part of one, found. Plain data without any wall time: shards that are merged equal the whole byte for byte.
 */
export interface SweepResult {
  readonly schema: typeof SWEEP_VERSION;
  readonly kind: "sweep";
  readonly tool: { readonly name: string; readonly version: string };
  readonly plan: SweepPlan;
  /** Runs of the whole plan. */
  readonly total: number;
  /** Runs that are in here, in order, none touching the next. */
  readonly spans: readonly Span[];
  /** Which part this was meant to be, `2/4`; absent for the whole. */
  readonly shard?: string;
  /** One for each scenario of the plan. */
  readonly tallies: readonly Tally[];
  readonly failures: readonly Failure[];
  readonly groups: readonly FailureGroup[];
}

export function sweepResultOf(
  plan: SweepPlan,
  sum: PartSum,
  options: { readonly spans: readonly Span[]; readonly shard?: string | undefined },
): SweepResult {
  const failures = sum.failures();
  return {
    schema: SWEEP_VERSION,
    kind: "sweep",
    tool: { name: "faultline", version: toolVersion() },
    plan,
    total: new Places(plan).total,
    spans: joinSpans(options.spans),
    ...(options.shard === undefined ? {} : { shard: options.shard }),
    tallies: plan.scenarios.map((_, i) => sum.tallies[i] ?? EMPTY_TALLY),
    failures,
    groups: groupFailures(failures),
  };
}

/** How many runs are in a result. */
export function runsIn(result: SweepResult): number {
  return result.spans.reduce((sum, { from, to }) => sum + to - from, 0);
}

/** The exit code of all runs together. */
export function exitCodeOfSweep(result: SweepResult): number {
  return worstExitCode(result.failures.map(({ exitCode }) => exitCode));
}

/** The bytes of `sweep.json`. */
export function sweepJson(result: SweepResult): string {
  return canonicalJson(result);
}

/**
 * Reads `sweep.json` back.
 *
 * @param file  Its name, for errors.
 * @throws {ScenarioError} `SWEEP_FILE` when it is none, or of another format.
 */
export function parseSweep(text: string, file: string): SweepResult {
  let value: Plain;
  try {
    value = JSON.parse(text) as Plain;
  } catch (error) {
    throw notASweep(file, "The file is not JSON.", error);
  }
  const { kind, schema } = (value ?? {}) as { kind?: unknown; schema?: unknown };
  if (kind !== "sweep") throw notASweep(file, "The file is not the result of a sweep.");
  if (schema !== SWEEP_VERSION)
    throw notASweep(
      file,
      `The result has format ${JSON.stringify(schema)}; this version reads ${String(SWEEP_VERSION)}.`,
    );
  return value as unknown as SweepResult;
}

function notASweep(file: string, message: string, cause?: unknown): ScenarioError {
  return new ScenarioError([{ code: "SWEEP_FILE", path: [], file, message, expected: "a sweep.json" }], { cause });
}
