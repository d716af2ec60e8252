import type { Micros, RecordId, RecordKind } from "../../trace/record.ts";
import type { Column } from "./columns.ts";
import type { DiffCounts, DiffMark } from "./diff-match.ts";
import type { ReportModel } from "./model.ts";

/** What two results say differently; `""` where one says nothing. */
export interface DiffFact {
  readonly name: string;
  readonly first: string;
  readonly second: string;
  /** Whether the runs were given it (scenario, seed, version); else it is what they came to. */
  readonly isGiven?: boolean;
}

/** What a fact says of the run that lacks the thing. */
export const ABSENT = "not there";

/** Who does what no node does. */
export const THE_WORLD = "the world";

/** A record in words. */
export interface DiffRecord {
  readonly record: RecordId;
  readonly time: Micros;
  readonly who: string;
  readonly text: string;
}

/** The first record that differs, as one run has it. */
export interface PartingRecord extends DiffRecord {
  /** What it came from, the nearest first. */
  readonly causes: readonly DiffRecord[];
  /** The whole record in letters. */
  readonly whole: string;
}

/** What a reader asks for apart: states, calls and faults; what was on the network; what programs and links noted; what merely fired. */
export type DiffGroup = "events" | "messages" | "points" | "timers";

/** Groups that have marks, those that say most first. */
export const MARKED_GROUPS = ["events", "messages", "points"] as const satisfies readonly DiffGroup[];

export interface DiffRow {
  readonly mark: DiffMark;
  readonly group: DiffGroup;
  /** The record of the first run, else of the second. */
  readonly record: DiffRecord;
  /** Second minus first, for a record that moved. */
  readonly by: Micros;
  /** The other run's words, where they are not the same. */
  readonly other: string;
}

/** Marks on one run's timeline, in order of time. Columns of equal length. */
export interface DiffMarks {
  readonly at: Column;
  /** Index into {@link ReportModel.names}; −1 for a fault. */
  readonly lane: Column;
  /** 0 only in this run, 1 other contents, 2 moved. */
  readonly mark: Column;
  /** Index into {@link MARKED_GROUPS}. */
  readonly group: Column;
  /** What the page shows it as: the sending for all that became of a message, the call for its end. */
  readonly record: Column;
  /** Marks there was no room for. */
  readonly left: number;
}

/** A step of one story or of both, in order of time. */
export interface DiffStep {
  /** When, in each run; −1 in the one where it did not happen. */
  readonly times: readonly [Micros, Micros];
  readonly text: string;
  /** The second run's words, where they are not the first's. */
  readonly other: string;
  readonly isBad: boolean;
}

/** Everything the page of two runs shows, as plain data. */
export interface DiffModel {
  readonly labels: readonly [string, string];
  readonly runs: readonly [ReportModel, ReportModel];
  /** Number and time of the first record that differs; the earlier of two times. */
  readonly record: RecordId;
  readonly time: Micros;
  /** `undefined` for a run that had ended. */
  readonly parting: readonly [PartingRecord | undefined, PartingRecord | undefined];
  readonly facts: readonly DiffFact[];
  /** Why they part, as far as what they were given tells. */
  readonly because: string;
  /** What both stories tell after they parted; steps that are the same in both among them. */
  readonly story: readonly DiffStep[];
  readonly counts: readonly { readonly kind: RecordKind; readonly counts: DiffCounts }[];
  readonly rows: readonly DiffRow[];
  /** How many differences there are, by mark and group; the list may have fewer. */
  readonly total: number;
  readonly marks: readonly [DiffMarks, DiffMarks];
  /** What both timelines show first. */
  readonly window: { readonly from: Micros; readonly to: Micros };
}
