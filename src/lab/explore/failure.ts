import type { Micros } from "../../trace/record.ts";
import type { Outcome, RunResult } from "../../trace/result.ts";
import type { Trace } from "../../trace/trace.ts";
import type { Place } from "./plan.ts";
import { writtenExpect } from "./tally.ts";

/** Names the way in which a run failed, so that failures of one cause have one name. The records are those of the same run. */
export type Fingerprinter = (result: RunResult, records: Trace) => string;

/** What is kept of a run that failed. */
export interface Failure {
  readonly place: Place;
  readonly seed: string;
  readonly outcome: Outcome;
  readonly exitCode: number;
  readonly fingerprint: string;
  /** What failed: checkers, expectations, inert faults, or the code of an error. */
  readonly what: readonly string[];
  /** One sentence about the first of them. */
  readonly message: string;
  /** When it was seen first, µs. */
  readonly time: Micros;
  readonly records: number;
  readonly digest: string;
}

export function failureOf(place: Place, result: RunResult, fingerprint: string): Failure {
  const { what, message, time } = reasonOf(result);
  return {
    place,
    seed: result.seed,
    outcome: result.outcome,
    exitCode: result.exitCode,
    fingerprint,
    what,
    message,
    time,
    records: result.counts.records,
    digest: result.digest,
  };
}

interface Reason {
  readonly what: readonly string[];
  readonly message: string;
  readonly time: Micros;
}

/** Why a run did not pass, the weightiest reason first. */
export function reasonOf(result: RunResult): Reason {
  const { error } = result;
  if (error !== undefined) return { what: [error.code], message: error.message, time: result.endTime };
  const broken = result.verdicts.flatMap(({ checker, violation }) =>
    violation === undefined ? [] : [{ checker, violation }],
  );
  if (broken.length > 0) {
    const first = broken.reduce((a, b) => (b.violation.record < a.violation.record ? b : a));
    return {
      what: broken.map(({ checker }) => checker),
      message: first.violation.message,
      time: first.violation.time,
    };
  }
  const missed = result.expects.filter(({ held }) => !held);
  const [firstMissed] = missed;
  if (firstMissed !== undefined) {
    const message = `Expected ${firstMissed.text}: ${firstMissed.reason ?? "it did not happen"}`;
    return { what: missed.map(({ text }) => `expect ${writtenExpect(text)}`), message, time: firstMissed.at };
  }
  const inert = result.faults.filter((fault) => fault.touched === 0 && !fault.optional);
  if (result.outcome === "inert-fault") {
    const message = `Fault ${inert.map(({ id }) => `"${id}"`).join(", ")} touched nothing.`;
    return { what: inert.map(({ id }) => `fault ${id}`), message, time: result.endTime };
  }
  const open = result.verdicts.filter(({ verdict }) => verdict === "inconclusive");
  return {
    what: open.map(({ checker }) => checker),
    message: open[0]?.reason ?? `The run ended ${result.outcome}.`,
    time: result.endTime,
  };
}

/** Failures of one fingerprint. */
export interface FailureGroup {
  readonly fingerprint: string;
  readonly count: number;
  readonly what: readonly string[];
  readonly message: string;
  /** The seed whose place comes first. */
  readonly first: string;
  /** The seed whose run has the fewest records: the quickest to look at. */
  readonly quickest: string;
}

/** Failures by fingerprint, the most frequent first. */
export function groupFailures(failures: readonly Failure[]): FailureGroup[] {
  const groups = new Map<string, Failure[]>();
  for (const failure of failures) {
    const group = groups.get(failure.fingerprint);
    if (group === undefined) groups.set(failure.fingerprint, [failure]);
    else group.push(failure);
  }
  return [...groups]
    .map(([fingerprint, members]) => {
      const first = members.reduce((a, b) => (b.place < a.place ? b : a));
      const quickest = members.reduce((a, b) =>
        b.records < a.records || (b.records === a.records && b.place < a.place) ? b : a,
      );
      const { what, message } = quickest;
      return { fingerprint, count: members.length, what, message, first: first.seed, quickest: quickest.seed };
    })
    .sort((a, b) => b.count - a.count || (a.fingerprint < b.fingerprint ? -1 : 1));
}
