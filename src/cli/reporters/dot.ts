import pc from "picocolors";
import { casesOf, didFail } from "./cases.ts";
import { replayLine } from "../../trace/replay-line.ts";
import type { ReportedRun, Reporter } from "./reporter.ts";
import { Tally } from "./tally.ts";

/** One character a run: `·` passed, `✗` broke a rule, `?` anything else. What did not pass is told at the end. */
export class DotReporter implements Reporter {
  readonly #tally = new Tally();
  readonly #failures: string[] = [];

  run(run: ReportedRun): string {
    const { result } = run;
    this.#tally.add(run);
    if (result.exitCode === 0) return "·";
    const what = casesOf(result)
      .filter(didFail)
      .map(({ name, message }) => `  ${name}: ${message}\n`);
    this.#failures.push(
      `${pc.red("✗")} ${pc.bold(result.scenarioName)}  seed ${result.seed}  ${pc.dim(`exit ${String(result.exitCode)}`)}\n${what.join("")}  replay ${replayLine(result)}\n`,
    );
    return result.outcome === "violated" ? pc.red("✗") : pc.yellow("?");
  }

  end({ planned }: { readonly planned: number }): string {
    return `\n${this.#failures.map((failure) => `\n${failure}`).join("")}\n${this.#tally.line(planned)}`;
  }
}
