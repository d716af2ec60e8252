import type { ScenarioInput } from "./model.ts";

/** Changes to a scenario, as sweeps and soaks make them. Durations in text, as written in scenarios. */
export interface ScenarioPatch {
  /** Nodes of the first group. */
  readonly nodes?: number;
  readonly duration?: string;
  /** Where faults start, by id. */
  readonly at?: Readonly<Record<string, string>>;
  /** How long faults last, by id. */
  readonly for?: Readonly<Record<string, string>>;
  /** Settings merged into those of every group. */
  readonly config?: Readonly<Record<string, string | number | boolean>>;
  /** Any other part, replaced as a whole. */
  readonly replace?: Partial<ScenarioInput>;
}

/** The scenario with the changes in it; what was written stays as it is. */
export function patchScenario(input: ScenarioInput, patch: ScenarioPatch): ScenarioInput {
  const nodes = input.nodes.map((group, i) => ({
    ...group,
    ...(patch.nodes !== undefined && i === 0 ? { count: patch.nodes } : {}),
    ...(patch.config === undefined ? {} : { config: { ...group.config, ...patch.config } }),
  }));
  const faults = (input.faults ?? []).map((fault) => {
    const at = fault.id === undefined ? undefined : patch.at?.[fault.id];
    const length = fault.id === undefined ? undefined : patch.for?.[fault.id];
    return { ...fault, ...(at === undefined ? {} : { at }), ...(length === undefined ? {} : { for: length }) };
  });
  return {
    ...input,
    nodes,
    faults,
    ...(patch.duration === undefined ? {} : { duration: patch.duration }),
    ...patch.replace,
  };
}
