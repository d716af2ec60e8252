import { startRange } from "../../sim/faults/fault.ts";
import { findContradictions } from "../../sim/faults/registry.ts";
import { isRole } from "../../sim/faults/targets.ts";
import { checkExpect } from "./expect-references.ts";
import {
  clientIdsOf,
  ISOLATION_DEVICE,
  nodeIdsOf,
  wantsIsolation,
  type Scenario,
  type ScenarioInput,
} from "./model.ts";
import { checkPlan, checkSometimes } from "./plan-references.ts";
import type { Path, Problem } from "./problems.ts";
import { ROLE_NAMES, targetsOf } from "./targets.ts";
import { unknownName } from "./unknown-name.ts";

/** Everything a scenario names that must exist in it: nodes, roles, faults; and parts that contradict each other. */
export function checkReferences(scenario: Scenario, input: ScenarioInput): Problem[] {
  const nodes = nodeIdsOf(scenario);
  const ids = [...nodes, ...clientIdsOf(scenario).flat()];
  if (scenario.nodes.some((group) => wantsIsolation(group.config))) ids.push(ISOLATION_DEVICE);
  const faults = scenario.faults.map((fault) => fault.id ?? fault.kind);
  return [
    ...checkIds(ids),
    ...checkFaults(scenario, input, ids),
    ...checkPlan(scenario, input, nodes),
    ...checkTargets(scenario, nodes),
    ...scenario.expect.flatMap((expect, i) => checkExpect(expect, ["expect", i], { scenario, faults, ids })),
    ...checkSometimes(scenario, ids),
  ];
}

function checkIds(ids: readonly string[]): Problem[] {
  const twice = ids.find((id, i) => ids.indexOf(id) !== i);
  if (twice === undefined) return [];
  const message = `Two nodes are called "${twice}".`;
  return [{ code: "SCENARIO_DUPLICATE_NODE", path: ["nodes"], message, expected: "prefixes that do not meet" }];
}

function checkFaults(scenario: Scenario, input: ScenarioInput, ids: readonly string[]): Problem[] {
  const problems: Problem[] = [];
  scenario.faults.forEach((fault, i) => {
    const base: Path = ["faults", i];
    const name = fault.id ?? fault.kind;
    for (const target of new Set(targetsOf(fault).flat())) {
      if (ids.includes(target) || isRole(target)) continue;
      const path = [...base, ...(pathOf(input.faults?.[i], target) ?? [])];
      const message = `Fault "${name}" names node "${target}", which is not in the cluster.`;
      problems.push(unknownName("SCENARIO_UNKNOWN_NODE", path, message, target, ids, ROLE_NAMES));
    }
    if (startRange(fault)[1] >= scenario.duration) {
      problems.push({
        code: "SCENARIO_CONTRADICTION",
        path: [...base, "at"],
        message: `Fault "${name}" starts after the end of the run.`,
        expected: `a moment before ${input.duration}`,
        got: JSON.stringify(input.faults?.[i]?.at),
      });
    }
  });
  for (const found of findContradictions(scenario.faults)) {
    const path = ["faults", ...found.path];
    problems.push({ code: "SCENARIO_CONTRADICTION", path, message: found.message, expected: found.expected });
  }
  return problems;
}

const WORKLOAD_TARGETS = ["any", "leader", "all"];

function checkTargets(scenario: Scenario, nodes: readonly string[]): Problem[] {
  return scenario.workload.flatMap(({ target }, i) => {
    if (WORKLOAD_TARGETS.includes(target) || nodes.includes(target)) return [];
    const message = `The workload's target "${target}" is not in the cluster.`;
    return [unknownName("SCENARIO_UNKNOWN_NODE", ["workload", i, "target"], message, target, nodes, WORKLOAD_TARGETS)];
  });
}

/** Where in plain data a text first stands as a value of its own. */
function pathOf(root: unknown, text: string): (string | number)[] | undefined {
  if (root === text) return [];
  if (typeof root !== "object" || root === null) return undefined;
  for (const [key, value] of Object.entries(root)) {
    const inner = pathOf(value, text);
    if (inner !== undefined) return [Array.isArray(root) ? Number(key) : key, ...inner];
  }
  return undefined;
}
