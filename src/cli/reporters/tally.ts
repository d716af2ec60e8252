import type { ReportedRun } from "./reporter.ts";

/** The last line of several runs: `3/3 scenarios PASS`. */
export class Tally {
  #runs = 0;
  readonly #failed: string[] = [];

  add({ result }: ReportedRun): void {
    this.#runs++;
    if (result.exitCode !== 0) this.#failed.push(`${result.scenarioName} (exit ${String(result.exitCode)})`);
  }

  /** @param planned  Scenarios that were asked for. */
  line(planned: number): string {
    const open = planned - this.#runs;
    const notes = [
      ...(this.#failed.length === 0 ? [] : [`not: ${this.#failed.join(", ")}`]),
      ...(open === 0 ? [] : [`${String(open)} did not run`]),
    ];
    const passed = this.#runs - this.#failed.length;
    return `${String(passed)}/${String(planned)} scenarios PASS${notes.length === 0 ? "" : `; ${notes.join("; ")}`}\n`;
  }
}
