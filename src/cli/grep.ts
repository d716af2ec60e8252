import type { LoadedScenario } from "../lab/scenario/model.ts";
import { nearest } from "../lab/scenario/nearest.ts";
import { ScenarioError } from "../lab/scenario/problems.ts";

const NAMES_SHOWN = 12;

/**
 * The scenarios whose name a pattern matches; all without one.
 *
 * @param pattern  A regular expression, which need not match the whole name.
 * @throws {ScenarioError} `GREP` when it is none, or matches nothing: a run of no scenarios would pass.
 */
export function matching(scenarios: readonly LoadedScenario[], pattern: string | undefined): readonly LoadedScenario[] {
  if (pattern === undefined) return scenarios;
  const expression = parse(pattern);
  const found = scenarios.filter(({ scenario }) => expression.test(scenario.name));
  if (found.length > 0) return found;
  const names = scenarios.map(({ scenario }) => scenario.name);
  const near = nearest(pattern, names);
  throw refusal({
    message: "No scenario has such a name.",
    expected: `part of one of ${names.slice(0, NAMES_SHOWN).join(", ")}${names.length > NAMES_SHOWN ? ", …" : ""}`,
    got: JSON.stringify(pattern),
    ...(near === undefined ? {} : { nearest: near }),
  });
}

function parse(pattern: string): RegExp {
  try {
    return new RegExp(pattern, "u");
  } catch (error) {
    throw refusal({ message: (error as SyntaxError).message, expected: "a regular expression" });
  }
}

function refusal(problem: {
  readonly message: string;
  readonly expected: string;
  readonly got?: string;
  readonly nearest?: string;
}): ScenarioError {
  return new ScenarioError([{ ...problem, code: "GREP", path: [], file: "--grep" }]);
}
