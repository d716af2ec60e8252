import { casesOf, didFail } from "./cases.ts";
import { replayLine } from "../../trace/replay-line.ts";
import type { ReportedRun, Reporter, RunsEnd } from "./reporter.ts";

/** One short line of JSON a run, and one at the end, for programs that follow along; `json` has everything. */
export class JsonlReporter implements Reporter {
  #runs = 0;
  #failed = 0;

  run({ result, reportPath }: ReportedRun): string {
    this.#runs++;
    if (result.exitCode !== 0) this.#failed++;
    const failures = casesOf(result)
      .filter(didFail)
      .map(({ name, kind, message }) => ({ name, kind, message }));
    return line({
      type: "run",
      scenario: result.scenarioName,
      path: result.source?.path,
      seed: result.seed,
      outcome: result.outcome,
      exitCode: result.exitCode,
      digest: result.digest,
      endTimeUs: result.endTime,
      wallMs: result.timing.wallMs,
      failures,
      replay: replayLine(result),
      report: reportPath,
    });
  }

  end({ exitCode, planned }: RunsEnd): string {
    return line({ type: "end", runs: this.#runs, failed: this.#failed, planned, exitCode });
  }
}

function line(value: object): string {
  return `${JSON.stringify(value)}\n`;
}
