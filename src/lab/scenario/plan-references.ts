import type { Scenario, ScenarioInput } from "./model.ts";
import { SINGLE_ROLES } from "./plan-schema.ts";
import type { Path, Problem } from "./problems.ts";
import { unknownName } from "./unknown-name.ts";

/** What in a plan does not fit the scenario it is for: nodes that are not there, a window that leaves no time to recover. */
export function checkPlan(scenario: Scenario, input: ScenarioInput, nodes: readonly string[]): Problem[] {
  const { plan } = scenario;
  if (plan === undefined) return [];
  const strangers = (plan.targets ?? []).flatMap((target, i) => {
    if (nodes.includes(target) || SINGLE_ROLES.some((role) => role === target)) return [];
    const message = `The plan's target "${target}" is not a node of the cluster, nor a role that means one.`;
    return [unknownName("SCENARIO_UNKNOWN_NODE", ["plan", "targets", i], message, target, nodes, SINGLE_ROLES)];
  });
  return [...strangers, ...checkWindow(scenario, input)];
}

function checkWindow({ plan, duration }: Scenario, input: ScenarioInput): Problem[] {
  const { window } = plan ?? {};
  if (window === undefined) return [];
  const path: Path = ["plan", "window"];
  const got = JSON.stringify(input.plan?.window);
  const [from, to] = window;
  if (from >= to) {
    const message = "The plan's window ends before it begins.";
    return [{ code: "SCENARIO_CONTRADICTION", path, message, expected: "the earlier moment first", got }];
  }
  if (to < duration) return [];
  const message = "The plan's window leaves no time to recover in.";
  return [
    { code: "SCENARIO_CONTRADICTION", path: [...path, 1], message, expected: `a moment before ${input.duration}`, got },
  ];
}

/** Nodes that `sometimes` names, and things that it names twice. */
export function checkSometimes(scenario: Scenario, ids: readonly string[]): Problem[] {
  const names = scenario.sometimes.map((entry) => (typeof entry === "string" ? entry : entry.name));
  return scenario.sometimes.flatMap((entry, i) => {
    const problems: Problem[] = [];
    const name = names[i] ?? "";
    if (names.indexOf(name) !== i) {
      const message = `Two things that should happen are called "${name}".`;
      const expected = "a name for each";
      problems.push({ code: "SCENARIO_DUPLICATE_NAME", path: ["sometimes", i], message, expected });
    }
    if (typeof entry === "string" || entry.node === undefined || ids.includes(entry.node)) return problems;
    const message = `"${name}" names node "${entry.node}", which is not in the cluster.`;
    const path: Path = ["sometimes", i, "node"];
    return [...problems, unknownName("SCENARIO_UNKNOWN_NODE", path, message, entry.node, ids, [])];
  });
}
