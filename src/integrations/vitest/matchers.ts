import { compareRuns } from "../../lab/explore/replay.ts";
import { runAlone } from "../../lab/explore/run-alone.ts";
import type { ScenarioInput } from "../../lab/scenario/model.ts";
import type { RunResult } from "../../trace/result.ts";
import { failureText, failureTitle } from "./failure-text.ts";
import { finishedRun, verdictOf, verdictText } from "./judged-run.ts";

/** What vitest takes of a matcher. */
export interface Matched {
  readonly pass: boolean;
  readonly message: () => string;
}

/** Matchers of runs; `faultline/vitest` gives them to `expect`. Each takes a finished run, or its result. */
export const matchers = {
  /** The run passed; with `rule`, this rule was judged and held. */
  toHold(received: unknown, rule?: string): Matched {
    const run = finishedRun(received);
    const { result } = run;
    if (rule === undefined) {
      const pass = result.exitCode === 0;
      return {
        pass,
        message: () =>
          pass
            ? `Expected ${nameOf(result)} not to hold, and it does: no rule of ${String(judgedIn(result))} was broken.`
            : `Expected ${nameOf(result)} to hold: ${failureTitle(result)}\n\n${failureText(run)}`,
      };
    }
    return onRule(result, { rule, verb: "hold", test: ({ verdict }) => verdict === "holds" });
  },

  /** A rule was broken; with `rule`, this one. */
  toViolate(received: unknown, rule?: string): Matched {
    const run = finishedRun(received);
    const { result } = run;
    if (rule !== undefined)
      return onRule(result, { rule, verb: "be violated", test: ({ verdict }) => verdict === "violated" });
    const pass = result.verdicts.some(({ verdict }) => verdict === "violated");
    return {
      pass,
      message: () =>
        pass
          ? `Expected ${nameOf(result)} to violate no rule: ${failureTitle(result)}\n\n${failureText(run)}`
          : `Expected ${nameOf(result)} to violate a rule, and ${String(judgedIn(result))} held.`,
    };
  },

  /** The rule had something to judge. */
  toHaveExercised(received: unknown, rule: string): Matched {
    const { result } = finishedRun(received);
    return onRule(result, { rule, verb: "be exercised", test: ({ judged }) => judged > 0 });
  },

  /** The scenario of this run gives the same run, record for record, when it runs again in this process. */
  async toBeDeterministic(received: unknown): Promise<Matched> {
    const first = finishedRun(received);
    const { result } = first;
    const second = await runAlone(result.scenario as unknown as ScenarioInput, { seed: result.seed, keepTrace: true });
    const { isSame, divergence } = compareRuns(first, second);
    const digests = `digest ${result.digest}, then ${second.result.digest}`;
    return {
      pass: isSame,
      message: () =>
        isSame
          ? `Expected ${nameOf(result)} to be another run when it runs again, and every record is the same (${digests}).`
          : [
              `Expected ${nameOf(result)} to be the same run when it runs again: ${digests}.`,
              ...(divergence === undefined
                ? ["  With the records of the first run (keepTrace: true) the first that differs is told."]
                : [
                    `  From record ${String(divergence.record)} on it is another:`,
                    `  first  ${divergence.first}`,
                    `  then   ${divergence.second}`,
                  ]),
            ].join("\n"),
    };
  },
};

interface OnRule {
  readonly rule: string;
  readonly verb: string;
  readonly test: (verdict: RunResult["verdicts"][number]) => boolean;
}

function onRule(result: RunResult, { rule, verb, test }: OnRule): Matched {
  const found = verdictOf(result, rule);
  const pass = test(found);
  const name = found.invariant === "" ? found.checker : `${found.checker} (${found.invariant})`;
  return {
    pass,
    message: () =>
      `Expected ${name} ${pass ? "not " : ""}to ${verb} in ${nameOf(result)}; it ${verdictText(found)}\n  The rule: ${found.rule}`,
  };
}

function nameOf({ scenarioName, seed }: RunResult): string {
  return `${scenarioName} (seed ${seed})`;
}

function judgedIn({ verdicts }: RunResult): number {
  return verdicts.filter(({ verdict }) => verdict === "holds").length;
}
