import type { z } from "zod";
import { explainIssues } from "./explain.ts";
import { nearest } from "./nearest.ts";
import { pathText, valueAt, type Path, type Problem } from "./problems.ts";
import { checkReferences } from "./references.ts";
import { registeredCode } from "./registry.ts";
import { scenarioSchema, type LoadedScenario, type ScenarioInput } from "./model.ts";

/** Names a scenario may use, beside those it brings. */
export interface KnownNames {
  /** Programs, each with the schema of its settings if it has one. */
  readonly programs: ReadonlyMap<string, { readonly config?: z.ZodType }>;
  readonly workloads: readonly string[];
  readonly checks: readonly string[];
}

export type Checked =
  | { readonly loaded: LoadedScenario; readonly problems: readonly [] }
  | { readonly loaded: undefined; readonly problems: readonly Problem[] };

/** Checks a scenario as written: its shape, then every name in it, then whether its parts contradict each other. */
export function checkScenario(raw: unknown, known: KnownNames): Checked {
  const input = withFaultIds(raw);
  const parsed = scenarioSchema.safeParse(input);
  if (!parsed.success) return { loaded: undefined, problems: explainIssues(parsed.error.issues, raw, scenarioSchema) };
  const scenario = parsed.data;
  const problems = [...checkNames(input as ScenarioInput, known), ...checkReferences(scenario, input as ScenarioInput)];
  if (problems.length > 0) return { loaded: undefined, problems };
  return { loaded: { scenario, input: input as ScenarioInput, warnings: [] }, problems: [] };
}

/** Gives every fault without an `id` one: its kind, numbered from the second on. */
function withFaultIds(raw: unknown): unknown {
  const faults = valueAt(raw, ["faults"]);
  if (!Array.isArray(faults)) return raw;
  const used = new Set(faults.map((fault) => valueAt(fault, ["id"])));
  const named = faults.map((fault: unknown) => {
    const kind = valueAt(fault, ["kind"]);
    if (typeof kind !== "string" || valueAt(fault, ["id"]) !== undefined) return fault;
    let id = kind;
    for (let n = 2; used.has(id); n++) id = `${kind}-${String(n)}`;
    used.add(id);
    return { id, ...(fault as object) };
  });
  return { ...(raw as object), faults: named };
}

function checkNames(input: ScenarioInput, known: KnownNames): Problem[] {
  const problems: Problem[] = [];
  const name = (code: string, what: string, got: string, names: readonly string[], path: Path): void => {
    if (names.includes(got)) return;
    const near = nearest(got, names);
    problems.push({
      code,
      path,
      message: `There is no ${what} called "${got}".`,
      expected: names.length === 0 ? "the name of one that is registered" : `one of ${names.join(", ")}`,
      got: `"${got}"`,
      ...(near === undefined ? {} : { nearest: near }),
    });
  };
  const programs = [...known.programs.keys()];
  input.nodes.forEach((group, i) => {
    name("SCENARIO_UNKNOWN_PROGRAM", "program", group.program, programs, ["nodes", i, "program"]);
    const schema = known.programs.get(group.program)?.config;
    if (schema === undefined) return;
    const config = group.config ?? {};
    const parsed = schema.safeParse(config);
    if (parsed.success) return;
    const base: Path = ["nodes", i, "config"];
    for (const problem of explainIssues(parsed.error.issues, config, schema)) {
      // The complaint about a key is about what has it.
      const about = problem.code === "SCENARIO_UNKNOWN_KEY" ? problem.path.slice(0, -1) : problem.path;
      const place = pathText([...base, ...about]);
      problems.push({
        ...problem,
        path: [...base, ...problem.path],
        message: problem.message.replace(/^"[^"]*"|^the scenario/, `"${place}"`),
      });
    }
  });
  input.workload?.forEach((workload, i) => {
    name("SCENARIO_UNKNOWN_WORKLOAD", "workload", workload.kind, known.workloads, ["workload", i, "kind"]);
  });
  const probes = [...registeredCode("probe").keys()];
  input.sometimes?.forEach((entry, i) => {
    if (typeof entry === "string") name("SCENARIO_UNKNOWN_PROBE", "probe in code", entry, probes, ["sometimes", i]);
  });
  const checks = input.checks ?? "all";
  if (checks !== "all") {
    checks.forEach((check, i) => {
      const names = typeof check === "string" ? [check] : Object.keys(check);
      for (const one of names)
        name(
          "SCENARIO_UNKNOWN_CHECK",
          "checker",
          one,
          ["all", ...known.checks],
          typeof check === "string" ? ["checks", i] : ["checks", i, one],
        );
    });
  }
  return problems;
}
