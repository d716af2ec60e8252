import type { Micros } from "../../../trace/record.ts";
import type { RunResult } from "../../../trace/result.ts";
import type { Trace } from "../../../trace/trace.ts";

/** The part of a run an export tells, both ends included; µs of virtual time. */
export interface ExportSlice {
  readonly from: Micros;
  readonly to: Micros;
}

/** A run in the format of another tool. */
export interface ExportFormat {
  readonly name: string;
  /** Ending of the file's name, without a dot before it. */
  readonly extension: string;
  /** What it is for, in a few words. */
  readonly about: string;
  /** The file in pieces, so that a run of any length can be written; equal runs give equal pieces. */
  readonly pieces: (result: RunResult, trace: Trace, slice: ExportSlice) => Iterable<string>;
}
