import { consoleReport } from "../console-report.ts";
import type { ReportedRun, Reporter, RunsEnd } from "./reporter.ts";
import { Tally } from "./tally.ts";

/** What people read by default: the story of each run, its rules, and how to see and repeat it. */
export class StoryReporter implements Reporter {
  readonly #tally = new Tally();
  readonly #endsWithTally: boolean;

  /** @param endsWithTally  Whether several runs are summed up in a last line. */
  constructor(endsWithTally: boolean) {
    this.#endsWithTally = endsWithTally;
  }

  run(run: ReportedRun): string {
    this.#tally.add(run);
    return consoleReport(run);
  }

  end({ planned }: RunsEnd): string {
    return this.#endsWithTally && planned > 1 ? this.#tally.line(planned) : "";
  }
}
