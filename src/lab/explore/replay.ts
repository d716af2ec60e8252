import { firstDivergence, type Divergence } from "../run/verify.ts";
import type { RunResult } from "../../trace/result.ts";
import { digestOf, type Trace } from "../../trace/trace.ts";

/** A run: what came of it and, where they were kept, its records. */
export interface RecordedRun {
  readonly result: Pick<RunResult, "digest">;
  readonly trace?: Trace | undefined;
}

/** Whether two runs are one and the same, and where they part if not. */
export interface Comparison {
  readonly isSame: boolean;
  /** Where records were kept of both. */
  readonly divergence?: Divergence;
  /** One of the files contradicts itself: its digest is not that of its records. */
  readonly contradiction?: "first" | "second";
}

/** Compares two runs by digest and, where both have them, by every record. */
export function compareRuns(first: RecordedRun, second: RecordedRun): Comparison {
  const divergence =
    first.trace === undefined || second.trace === undefined ? undefined : firstDivergence(first.trace, second.trace);
  if (divergence !== undefined) return { isSame: false, divergence };
  for (const [which, { result, trace }] of [
    ["first", first],
    ["second", second],
  ] as const)
    if (trace !== undefined && digestOf(trace) !== result.digest) return { isSame: false, contradiction: which };
  return { isSame: first.result.digest === second.result.digest };
}
