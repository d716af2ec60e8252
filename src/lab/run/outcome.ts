import type { FaultOutcome, Outcome } from "../../trace/result.ts";
import type { Verdict } from "../../trace/verdict.ts";
import type { JudgedExpect } from "./expects.ts";

/** What the outcome of a run is decided on. */
export interface Evidence {
  /** Code of the error that ended the run early. */
  readonly error?: string | undefined;
  /** 130 or 143 when a signal ended the run. */
  readonly signalExit?: number | undefined;
  readonly verdicts: readonly Verdict[];
  readonly expects: readonly JudgedExpect[];
  readonly faults: readonly FaultOutcome[];
}

const EXIT_CODES: Readonly<Record<Exclude<Outcome, "interrupted">, number>> = {
  holds: 0,
  violated: 1,
  inconclusive: 3,
  "non-deterministic": 4,
  "inert-fault": 5,
  "internal-error": 70,
};

/** Which outcome wins when several apply. */
const PRECEDENCE: readonly Outcome[] = [
  "non-deterministic",
  "internal-error",
  "violated",
  "inert-fault",
  "inconclusive",
];

export function decideOutcome(evidence: Evidence): { readonly outcome: Outcome; readonly exitCode: number } {
  const found = new Set<Outcome>();
  if (evidence.error !== undefined) found.add(outcomeOfError(evidence.error));
  if (evidence.verdicts.some((verdict) => verdict.verdict === "violated")) found.add("violated");
  if (evidence.verdicts.some((verdict) => verdict.verdict === "inconclusive")) found.add("inconclusive");
  for (const { outcome, undecided } of evidence.expects)
    if (!outcome.held) found.add(undecided ? "inconclusive" : "violated");
  if (evidence.signalExit !== undefined) {
    // What a cut-off run did not reach proves nothing, but a violation it saw stays one.
    const isBroken = evidence.verdicts.some((verdict) => verdict.verdict === "violated");
    return { outcome: isBroken ? "violated" : "interrupted", exitCode: evidence.signalExit };
  }
  if (evidence.faults.some((fault) => fault.touched === 0 && !fault.optional)) found.add("inert-fault");
  const outcome = PRECEDENCE.find((candidate) => found.has(candidate)) ?? "holds";
  return { outcome, exitCode: exitCodeOf(outcome) };
}

/**
 * A bound that was hit, and a machine that stood still, decide nothing; code that never rests is a fault of the program; an escape
 * makes runs differ.
 */
function outcomeOfError(code: string): Outcome {
  switch (code) {
    case "ESCAPE":
      return "non-deterministic";
    case "EVENT_LIMIT":
    case "STARVED":
      return "inconclusive";
    case "DRAIN_WITHOUT_END":
      return "violated";
    default:
      return "internal-error";
  }
}

export function exitCodeOf(outcome: Outcome): number {
  return outcome === "interrupted" ? 130 : EXIT_CODES[outcome];
}

/** The exit code of several runs together. */
export function worstExitCode(codes: readonly number[]): number {
  return [130, 143, 4, 70, 1, 5, 3].find((code) => codes.includes(code)) ?? 0;
}
