import type { RunResult } from "../../trace/result.ts";
import { casesOf, didFail } from "./cases.ts";
import { junitFile, junitSuite } from "./junit-suite.ts";
import { replayLine } from "../../trace/replay-line.ts";
import type { ReportedRun, Reporter } from "./reporter.ts";

/** JUnit XML: one suite a run, one test case for each thing it was judged by. */
export class JunitReporter implements Reporter {
  readonly #suites: string[] = [];

  run({ result, reportPath }: ReportedRun): string {
    this.#suites.push(suite(result, { id: this.#suites.length, reportPath }));
    return "";
  }

  end(): string {
    return junitFile(this.#suites);
  }
}

function suite(result: RunResult, about: { readonly id: number; readonly reportPath: string | undefined }): string {
  const { seed, digest, scenarioName, source, outcome, tool, timing } = result;
  const replay = replayLine(result);
  const cases = casesOf(result);
  return junitSuite({
    id: about.id,
    name: `${scenarioName} seed ${seed}`,
    classname: scenarioName,
    startedAt: timing.startedAt,
    wallMs: timing.wallMs,
    properties: {
      scenario: source?.path ?? scenarioName,
      seed,
      outcome,
      digest,
      version: tool.version,
      replay,
      ...(about.reportPath === undefined ? {} : { report: about.reportPath }),
    },
    cases: cases.map((one) => ({
      ...one,
      details: [...one.details, `seed ${seed}`, `digest ${digest}`, `replay ${replay}`],
    })),
    output: cases.some(didFail) ? `replay ${replay}` : "",
  });
}
