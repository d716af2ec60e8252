import { relative, resolve } from "node:path";
import type { RunResult } from "../../trace/result.ts";
import { casesOf, didFail, type Case } from "./cases.ts";
import { annotation, cell } from "./github-text.ts";
import { lineOf } from "./locate.ts";
import { replayLine } from "../../trace/replay-line.ts";
import type { ReportedRun, Reporter, RunsEnd } from "./reporter.ts";

/** Rows of failures on a job's page, which holds 1 MiB at most. */
const FAILURES_SHOWN = 200;

/** GitHub Actions: an annotation for each failure, on the line of the scenario that asks for it, and the page of the job. */
export class GithubReporter implements Reporter {
  readonly #root: string;
  readonly #annotations: string[] = [];
  readonly #failures: string[] = [];
  #runs = 0;
  #failed = 0;

  /** @param root  The folder of the repository: annotations name files below it. */
  constructor(root: string) {
    this.#root = root;
  }

  run({ result }: ReportedRun): string {
    this.#runs++;
    const failures = casesOf(result).filter(didFail);
    if (failures.length > 0) this.#failed++;
    this.#failures.push(...failures.map((failure) => row(failure, result)));
    this.#annotations.push(...failures.map((failure) => this.#annotation(failure, result)));
    return "";
  }

  /** Annotations must begin a line: what others write of each run is over by now. */
  end(): string {
    return this.#annotations.join("");
  }

  jobSummary({ planned }: RunsEnd): string {
    const passed = this.#runs - this.#failed;
    const open = planned - this.#runs;
    const head = `## Faultline: ${String(passed)} of ${String(planned)} runs passed\n\n`;
    const notRun = open === 0 ? "" : `${String(open)} did not run.\n\n`;
    if (this.#failures.length === 0) return `${head}${notRun}`;
    const more = this.#failures.length - FAILURES_SHOWN;
    const rows = this.#failures.slice(0, FAILURES_SHOWN).join("");
    const rest = more > 0 ? `\n${String(more)} more failures are in the log.\n` : "";
    return `${head}${notRun}| scenario | seed | what | why | replay |\n| --- | --- | --- | --- | --- |\n${rows}${rest}\n`;
  }

  #annotation(failure: Case, result: RunResult): string {
    const file = result.source?.path;
    const line = file === undefined ? undefined : lineOf(file, failure.path);
    const text = [failure.message, ...failure.details, `digest ${result.digest}`, `replay ${replayLine(result)}`];
    return annotation({
      file: file === undefined ? undefined : relative(this.#root, resolve(file)).replaceAll("\\", "/"),
      line: line === undefined ? undefined : String(line),
      title: `${result.scenarioName}: ${failure.name} (seed ${result.seed})`,
      text: text.join("\n"),
    });
  }
}

function row({ name, message }: Case, result: RunResult): string {
  const cells = [result.scenarioName, result.seed, name, message].map(cell);
  return `| ${cells.join(" | ")} | <code>${cell(replayLine(result))}</code> |\n`;
}
