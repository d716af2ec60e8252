import type { RunResult } from "../../trace/result.ts";
import type { Trace } from "../../trace/trace.ts";
import type { Verification } from "../../lab/run/verify.ts";

/** One run, as it is told. */
export interface ReportedRun {
  readonly result: RunResult;
  readonly verification?: Verification | undefined;
  /** Where its report was written. */
  readonly reportPath?: string | undefined;
  /** The records, where they were kept. */
  readonly trace?: Trace | undefined;
}

/** All runs of one command, once they have ended. */
export interface RunsEnd {
  readonly exitCode: number;
  /** Runs that were asked for: `run` may have been cut short. */
  readonly planned: number;
}

/** Tells runs in one format. It gives text; where the text goes is not its business. */
export interface Reporter {
  /** @returns what is written once a run has ended, `""` for nothing. */
  run(run: ReportedRun): string;
  /** @returns what is written when all have. */
  end(end: RunsEnd): string;
  /** Markdown for the page of a CI job. */
  jobSummary?(end: RunsEnd): string;
}
