import { shellWord } from "../../trace/replay-line.ts";
import type { RunResult } from "../../trace/result.ts";
import { runScenario } from "../run/run-scenario.ts";
import type { LoadedScenario } from "../scenario/model.ts";
import { fingerprintOf } from "./fingerprint.ts";
import type { Found } from "./shrunk-file.ts";

/** Where failures are kept that `shrink --keep` writes. */
export const CORPUS_FOLDER = "scenarios/corpus";

/** What a run at the seed of a kept failure gave. */
export interface KeptRun {
  readonly result: RunResult;
  /** How it failed; `undefined` when it passed. */
  readonly fingerprint: string | undefined;
}

/** Whether a kept failure is what its file says of it. */
export interface KeptVerdict {
  /** `open`: it fails to this day. `fixed`: something made it pass. */
  readonly state: "open" | "fixed";
  readonly isAsKept: boolean;
  readonly expected: string;
  readonly observed: string;
  /** What to do about it; `""` when it is as kept. */
  readonly next: string;
}

/** Runs a kept failure at its seed; only what fails needs its records, to say how. */
export async function runKept(loaded: LoadedScenario, seed: string): Promise<KeptRun> {
  const { result } = await runScenario(loaded, { seed });
  if (result.exitCode === 0) return { result, fingerprint: undefined };
  const again = await runScenario(loaded, { seed, keepTrace: true });
  if (again.trace === undefined) throw new Error("A run that keeps its records has a trace.");
  return { result: again.result, fingerprint: fingerprintOf(again.result, again.trace) };
}

/** An open failure must fail as it was found to; a fixed one must pass, and does not come back unseen. */
export function judgeKept(found: Found, { result, fingerprint }: KeptRun): KeptVerdict {
  const observed = fingerprint === undefined ? "it passes" : `it fails as ${fingerprint}`;
  if (found.fixedBy !== undefined) {
    const isAsKept = fingerprint === undefined;
    const next = `It was fixed by: ${found.fixedBy}. See what brought it back, or take \`fixedBy\` out of the file.`;
    return { state: "fixed", isAsKept, expected: "it passes", observed, next: isAsKept ? "" : next };
  }
  const expected = `it fails as ${found.fingerprint}`;
  if (fingerprint === found.fingerprint) return { state: "open", isAsKept: true, expected, observed, next: "" };
  const next =
    fingerprint === undefined
      ? "Say in the file what fixed it, as `found.fixedBy`; from then on it must pass."
      : `Look at it (faultline replay ${shellWord(result.source?.path ?? result.scenarioName)}), then shrink it again or say what fixed it.`;
  return { state: "open", isAsKept: false, expected, observed, next };
}

/** The run as a report of kept failures tells it: judged by whether it is what its file says, and by nothing else. */
export function asKeptResult({ result }: KeptRun, verdict: KeptVerdict): RunResult {
  const { isAsKept, state, expected, observed, next } = verdict;
  // What broke the run itself, or cut it short, is told as it is.
  if (!isAsKept && result.error !== undefined) return result;
  const { error: _, ...rest } = result;
  const expectation = {
    text: `kept failure (${state}): ${expected}`,
    held: isAsKept,
    at: result.endTime,
    ...(isAsKept ? {} : { reason: `${observed}. ${next}` }),
  };
  return {
    ...rest,
    verdicts: [],
    faults: [],
    expects: [expectation],
    outcome: isAsKept ? "holds" : "violated",
    exitCode: isAsKept ? 0 : 1,
  };
}
