import type { FinishedRun } from "../../lab/run/run-scenario.ts";
import { failureText, failureTitle } from "./failure-text.ts";

/** What belongs to a failure beside the run. */
export interface FailureNotes {
  /** Instead of what the run says of itself. */
  readonly title?: string;
  /** After the seed: `the 3rd of 20`. */
  readonly place?: string;
  /** Lines at the end: where the report is, how to run it again. */
  readonly foot?: readonly string[];
}

/** A run that is not what a test wants. Its message is the story; the run itself is in `run`. */
export class ScenarioFailure extends Error {
  override name = "ScenarioFailure";
  // Private, so that no test runner prints the whole result beside the message.
  readonly #run: FinishedRun;

  constructor(run: FinishedRun, notes: FailureNotes = {}) {
    super(messageOf(run, notes));
    this.#run = run;
  }

  get run(): FinishedRun {
    return this.#run;
  }
}

function messageOf(run: FinishedRun, { title, place, foot = [] }: FailureNotes): string {
  const { result } = run;
  const head = `${result.scenarioName}: ${title ?? failureTitle(result)}  seed=${result.seed}${place === undefined ? "" : ` (${place})`}`;
  return [head, failureText(run), foot.map((line) => `  ${line}`).join("\n")]
    .filter((part) => part !== "")
    .join("\n\n");
}
