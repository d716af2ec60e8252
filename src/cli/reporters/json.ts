import type { ReportedRun, Reporter } from "./reporter.ts";

/** The whole result of each run, one a line. */
export class JsonReporter implements Reporter {
  run({ result }: ReportedRun): string {
    return `${JSON.stringify(result)}\n`;
  }

  end(): string {
    return "";
  }
}
