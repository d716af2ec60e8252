import pc from "picocolors";
import { drawn } from "../lab/explore/drawn.ts";
import { clientIdsOf, nodeIdsOf, type LoadedScenario } from "../lab/scenario/model.ts";
import { hearingOf, type ExampleNode } from "../sim/faults/hearing.ts";
import { loadScenarios } from "./scenario-files.ts";

export interface ShowArguments {
  readonly paths: readonly string[];
  /** Whose faults are drawn where a scenario has a plan. */
  readonly seed: string;
  readonly json: boolean;
}

/** Prints what scenarios are: the cluster, what breaks and who hears whom meanwhile, what is judged. Runs nothing. @returns 0. */
export async function showCommand(args: ShowArguments): Promise<number> {
  const shown: LoadedScenario[] = [];
  for (const loaded of await loadScenarios(args.paths)) shown.push(await drawn(loaded, args.seed));
  const text = shown.map((loaded) => scenarioText(loaded)).join("\n");
  (args.json ? process.stderr : process.stdout).write(text);
  if (args.json) for (const { input } of shown) process.stdout.write(`${JSON.stringify(input)}\n`);
  return 0;
}

/** What a scenario is, for people; one whose plan is drawn. */
export function scenarioText({ scenario, input }: LoadedScenario): string {
  const { about, source, nodes, workload, checks, expect, sometimes } = scenario;
  const clients = clientIdsOf(scenario);
  const lines = [
    `${pc.bold(scenario.name)}  ${pc.dim(input.duration)}`,
    ...[about, source === undefined ? "" : `source: ${source}`]
      .filter((line) => line !== "")
      .map((line) => `  ${line}`),
    "",
    `  ${pc.bold("nodes")}    ${nodes.map(({ program, count }) => `${String(count)} × ${program}`).join(", ")}: ${nodeIdsOf(scenario).join(" ")}`,
    ...workload.map(
      ({ kind, target }, i) => `  ${pc.bold("clients")}  ${kind} to ${target}: ${(clients[i] ?? []).join(" ")}`,
    ),
    `  ${pc.bold("checks")}   ${checks === "all" ? "all that apply" : checks.map((one) => (typeof one === "string" ? one : Object.keys(one).join(" "))).join(", ")}`,
    `  ${pc.bold("expects")}  ${String(expect.length)}${sometimes.length === 0 ? "" : `, and ${String(sometimes.length)} sometimes`}`,
  ];
  const faults = faultTexts({ scenario, input });
  return `${[...lines, ...(faults.length === 0 ? ["", "  Nothing breaks."] : faults)].join("\n")}\n`;
}

interface WrittenFault {
  readonly id?: string;
  readonly kind?: string;
  readonly at?: string | readonly string[];
  readonly for?: string;
  readonly until?: string;
  readonly optional?: boolean;
}

function faultTexts({ scenario, input }: Pick<LoadedScenario, "scenario" | "input">): string[] {
  const members = membersOf(scenario);
  return scenario.faults.flatMap((fault, i) => {
    const { id, kind, at, for: length, until, optional: _, ...rest } = (input.faults?.[i] ?? {}) as WrittenFault;
    const when = [
      Array.isArray(at) ? `between ${at.join(" and ")}` : `at ${String(at)}`,
      ...(length === undefined ? [] : [`for ${length}`]),
      ...(until === undefined ? [] : [`until ${until}`]),
    ];
    const details = Object.entries(rest).map(([key, value]) => `${key}: ${JSON.stringify(value).replaceAll('"', "")}`);
    const head = `  ${pc.bold(String(id))}  ${String(kind)} ${when.join(" ")}  ${pc.dim(details.join(", "))}`.trimEnd();
    const hearing = hearingOf(fault, members);
    if (hearing === undefined) return ["", head];
    const roles = Object.entries(hearing.roles).map(([role, nodes]) => `${role} = ${nodes.join(" ")}`);
    return [
      "",
      head,
      ...hearing.matrix.split("\n").map((line) => `      ${line}`),
      ...(roles.length === 0 ? [] : [pc.dim(`      were ${members[0]?.id ?? "?"} to lead: ${roles.join(", ")}`)]),
    ];
  });
}

function membersOf(scenario: LoadedScenario["scenario"]): ExampleNode[] {
  const programs = scenario.nodes.flatMap(({ count, program }) => Array.from({ length: count }, () => program));
  return nodeIdsOf(scenario).map((id, i) => ({ id, program: programs[i] ?? "" }));
}
