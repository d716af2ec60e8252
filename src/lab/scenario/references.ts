import { FAULT_KINDS, findContradictions } from "../../sim/faults/registry.ts";
import { nearest } from "./nearest.ts";
import type { Path, Problem } from "./problems.ts";
import { clientIdsOf, nodeIdsOf, type ExpectSpec, type Scenario, type ScenarioInput } from "./model.ts";
import { parseMoment, parseWho, ROLE_NAMES } from "./targets.ts";

/** Everything a scenario names that must exist in it: nodes, roles, faults; and parts that contradict each other. */
export function checkReferences(scenario: Scenario, input: ScenarioInput): Problem[] {
  const nodes = nodeIdsOf(scenario);
  const clients = clientIdsOf(scenario).flat();
  return [
    ...checkIds([...nodes, ...clients]),
    ...checkFaults(scenario, input, [...nodes, ...clients]),
    ...checkTargets(scenario, nodes),
    ...scenario.expect.flatMap((expect, i) => checkExpect(expect, ["expect", i], scenario, [...nodes, ...clients])),
  ];
}

function checkIds(ids: readonly string[]): Problem[] {
  const twice = ids.find((id, i) => ids.indexOf(id) !== i);
  if (twice === undefined) return [];
  return [
    {
      code: "SCENARIO_DUPLICATE_NODE",
      path: ["nodes"],
      message: `Two nodes are called "${twice}".`,
      expected: "a prefix of its own for each group",
    },
  ];
}

type Fault = Scenario["faults"][number];

/** What each group of a fault's targets is called in the scenario. */
export function targetsOf(fault: Fault): readonly (readonly string[])[] {
  const kind = FAULT_KINDS.find((known) => known.kind === fault.kind);
  if (kind === undefined) return [];
  return (kind as { groups(spec: unknown): readonly (readonly string[])[] }).groups(fault);
}

function checkFaults(scenario: Scenario, input: ScenarioInput, ids: readonly string[]): Problem[] {
  const problems: Problem[] = [];
  scenario.faults.forEach((fault, i) => {
    const base: Path = ["faults", i];
    for (const target of new Set(targetsOf(fault).flat())) {
      if (ids.includes(target) || ROLE_NAMES.some((role) => role === target) || /^random\(\d+\)$/.test(target))
        continue;
      const path = [...base, ...(pathOf(input.faults?.[i], target) ?? [])];
      problems.push(
        unknown(
          "SCENARIO_UNKNOWN_NODE",
          path,
          `Fault "${fault.id ?? fault.kind}" names node "${target}", which is not in the cluster.`,
          target,
          ids,
          ROLE_NAMES,
        ),
      );
    }
    if (fault.at >= scenario.duration) {
      problems.push({
        code: "SCENARIO_CONTRADICTION",
        path: [...base, "at"],
        message: `Fault "${fault.id ?? fault.kind}" starts after the end of the run.`,
        expected: `a moment before ${String(input.duration)}`,
        got: String(input.faults?.[i]?.at),
      });
    }
  });
  for (const found of findContradictions(scenario.faults)) {
    problems.push({
      code: "SCENARIO_CONTRADICTION",
      path: ["faults", ...found.path],
      message: found.message,
      expected: found.expected,
    });
  }
  return problems;
}

function checkTargets(scenario: Scenario, nodes: readonly string[]): Problem[] {
  const words = ["any", "leader", "all"];
  return scenario.workload.flatMap((workload, i) =>
    words.includes(workload.target) || nodes.includes(workload.target)
      ? []
      : [
          unknown(
            "SCENARIO_UNKNOWN_NODE",
            ["workload", i, "target"],
            `The workload's target "${workload.target}" is not in the cluster.`,
            workload.target,
            nodes,
            words,
          ),
        ],
  );
}

function checkExpect(expect: ExpectSpec, path: Path, scenario: Scenario, ids: readonly string[]): Problem[] {
  const problems: Problem[] = [];
  const faults = scenario.faults.map((fault) => fault.id ?? fault.kind);
  const who = (["node", "some-of", "all-of"] as const).filter((key) => expect[key] !== undefined);
  if (who.length !== 1)
    problems.push({
      code: "SCENARIO_EXPECT",
      path,
      message: "An expectation is about one of node, some-of and all-of.",
      expected: "exactly one of them",
      got: who.length === 0 ? "none" : who.join(" and "),
    });
  if (
    (expect.within === undefined) === (expect.by === undefined) ||
    (expect.within === undefined) !== (expect.after === undefined)
  ) {
    problems.push({
      code: "SCENARIO_EXPECT",
      path,
      message: "An expectation needs to say until when.",
      expected: "either within and after, or by",
    });
  }
  if (expect.after !== undefined) {
    const moment = parseMoment(expect.after);
    if (moment === undefined)
      problems.push({
        code: "SCENARIO_EXPECT",
        path: [...path, "after"],
        message: `"${expect.after}" is not a moment.`,
        expected: '"<fault>.start" or "<fault>.stop"',
        got: `"${expect.after}"`,
      });
    else if (!faults.includes(moment.fault))
      problems.push(
        unknown(
          "SCENARIO_UNKNOWN_FAULT",
          [...path, "after"],
          `There is no fault called "${moment.fault}".`,
          moment.fault,
          faults,
          [],
        ),
      );
  }
  for (const key of who) {
    const value = expect[key] as string | string[];
    const names = typeof value === "string" ? [value] : value;
    names.forEach((name, i) => {
      problems.push(
        ...checkWho(name, typeof value === "string" ? [...path, key] : [...path, key, i], scenario, faults, ids),
      );
    });
  }
  return problems;
}

function checkWho(
  name: string,
  path: Path,
  scenario: Scenario,
  faults: readonly string[],
  ids: readonly string[],
): Problem[] {
  const who = parseWho(name);
  if (who.kind === "all") return [];
  if (who.kind === "node")
    return ids.includes(who.node)
      ? []
      : [
          unknown(
            "SCENARIO_UNKNOWN_NODE",
            path,
            `There is no node called "${who.node}".`,
            who.node,
            ids,
            faults.map((fault) => `${fault}.leader`),
          ),
        ];
  const fault = scenario.faults.find((candidate) => (candidate.id ?? candidate.kind) === who.fault);
  if (fault === undefined)
    return [unknown("SCENARIO_UNKNOWN_FAULT", path, `There is no fault called "${who.fault}".`, who.fault, faults, [])];
  const groups = targetsOf(fault);
  if (who.kind === "group") {
    return who.index < groups.length
      ? []
      : [
          {
            code: "SCENARIO_UNKNOWN_GROUP",
            path,
            message: `Fault "${who.fault}" has no group ${String(who.index)}.`,
            expected: `0…${String(groups.length - 1)}`,
            got: String(who.index),
          },
        ];
  }
  const roles = [...new Set(groups.flat())].filter((target) => !ids.includes(target));
  return roles.includes(who.role)
    ? []
    : [
        unknown(
          "SCENARIO_UNKNOWN_ROLE",
          path,
          `Fault "${who.fault}" does not name the role "${who.role}".`,
          who.role,
          roles,
          [],
        ),
      ];
}

function unknown(
  code: string,
  path: Path,
  message: string,
  got: string,
  names: readonly string[],
  others: readonly string[],
): Problem {
  const near = nearest(got, [...names, ...others]);
  const shown = names.length > 12 ? [...names.slice(0, 12), "…"] : names;
  const expected = [...shown, ...others].join(", ");
  return {
    code,
    path,
    message,
    expected: expected === "" ? "none: nothing of the kind is in this scenario" : `one of ${expected}`,
    got: `"${got}"`,
    ...(near === undefined ? {} : { nearest: near }),
  };
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
