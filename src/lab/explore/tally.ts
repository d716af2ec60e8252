import { hashText } from "../../trace/hash.ts";
import type { Outcome, RunResult } from "../../trace/result.ts";
import type { VerdictKind } from "../../trace/verdict.ts";
import type { Place } from "./plan.ts";

type Counts = Readonly<Record<string, number>>;
type Rows = Readonly<Record<string, Counts>>;

/** What many runs of one scenario had in them: sums, so that the order in which runs are added does not matter. */
export interface Tally {
  readonly runs: number;
  readonly outcomes: Counts;
  /** Sums of the runs' own counts. */
  readonly counts: Counts;
  /** Of each checker: what it judged, and how many runs gave which verdict. */
  readonly checkers: Rows;
  /** Of each fault (of each kind, where it was drawn): in how many runs it was planned, started, touched something; what it touched. */
  readonly faults: Rows;
  /** Of each expectation: in how many runs it held and failed. */
  readonly expects: Rows;
  /** Of each probe of the package: in how many runs it happened. */
  readonly probes: Counts;
  /** The same of what the scenario says should happen sometimes. */
  readonly sometimes: Counts;
  /** Combines every run's digest with its place; 16 hex digits. */
  readonly digest: string;
}

export const EMPTY_TALLY: Tally = {
  runs: 0,
  outcomes: {},
  counts: {},
  checkers: {},
  faults: {},
  expects: {},
  probes: {},
  sometimes: {},
  digest: "0000000000000000",
};

/** What is counted of one run. */
export interface CountedRun {
  readonly place: Place;
  readonly result: RunResult;
  /** Probes, and whether each happened. */
  readonly probes: Readonly<Record<string, boolean>>;
  /** Those of the scenario itself. */
  readonly sometimes?: Readonly<Record<string, boolean>>;
  /** Names of the faults that are not drawn: all others are counted by their kind. Absent where none is drawn. */
  readonly written?: ReadonlySet<string> | undefined;
}

export function tallyOf({ place, result, probes, sometimes = {}, written }: CountedRun): Tally {
  const [a, b] = hashText(`${String(place)} ${result.digest}`);
  let faults: Rows = {};
  for (const fault of result.faults) {
    const row = {
      planned: 1,
      started: fault.startedAt < 0 ? 0 : 1,
      touched: fault.touched > 0 ? 1 : 0,
      touches: fault.touched,
    };
    faults = addRows(faults, { [written?.has(fault.id) === false ? fault.kind : fault.id]: row });
  }
  return {
    runs: 1,
    outcomes: { [result.outcome satisfies Outcome]: 1 },
    counts: result.counts,
    checkers: Object.fromEntries(
      result.verdicts.map(({ checker, verdict, judged }) => [checker, { ...NO_VERDICT, judged, [verdict]: 1 }]),
    ),
    faults,
    expects: Object.fromEntries(
      result.expects.map(({ text, held }) => [writtenExpect(text), { held: held ? 1 : 0, failed: held ? 0 : 1 }]),
    ),
    probes: countsOf(probes),
    sometimes: countsOf(sometimes),
    digest: hex(a) + hex(b),
  };
}

function countsOf(happened: Readonly<Record<string, boolean>>): Counts {
  return Object.fromEntries(Object.entries(happened).map(([name, is]) => [name, is ? 1 : 0]));
}

/** The text of an expectation without whom its roles meant in one run: `cut.leader (n1) fence=fenced` → `cut.leader fence=fenced`. */
export function writtenExpect(text: string): string {
  return text.replace(/ \([^()]*\)/g, "");
}

const NO_VERDICT: Readonly<Record<VerdictKind, number>> = {
  holds: 0,
  violated: 0,
  inconclusive: 0,
  "not-exercised": 0,
};

/** Both together. Associative and commutative. */
export function addTallies(a: Tally, b: Tally): Tally {
  return {
    runs: a.runs + b.runs,
    outcomes: addCounts(a.outcomes, b.outcomes),
    counts: addCounts(a.counts, b.counts),
    checkers: addRows(a.checkers, b.checkers),
    faults: addRows(a.faults, b.faults),
    expects: addRows(a.expects, b.expects),
    probes: addCounts(a.probes, b.probes),
    sometimes: addCounts(a.sometimes, b.sometimes),
    digest: xorHex(a.digest, b.digest),
  };
}

function addCounts(a: Counts, b: Counts): Counts {
  const sum: Record<string, number> = { ...a };
  for (const [key, value] of Object.entries(b)) sum[key] = (sum[key] ?? 0) + value;
  return sum;
}

function addRows(a: Rows, b: Rows): Rows {
  const sum: Record<string, Counts> = { ...a };
  for (const [key, row] of Object.entries(b)) sum[key] = addCounts(sum[key] ?? {}, row);
  return sum;
}

function xorHex(a: string, b: string): string {
  const half = (text: string, at: number): number => Number.parseInt(text.slice(at, at + 8), 16);
  return hex(half(a, 0) ^ half(b, 0)) + hex(half(a, 8) ^ half(b, 8));
}

function hex(x: number): string {
  return (x >>> 0).toString(16).padStart(8, "0");
}
