import type { TraceRecord } from "../../trace/record.ts";
import { clientIdsOf, nodeIdsOf, type Scenario } from "../scenario/model.ts";
import { registeredCode } from "../scenario/registry.ts";
import type { WrittenProbe } from "../scenario/sometimes-schema.ts";
import type { StateProbe, StatesOfNode } from "../scenario/sometimes.ts";
import type { Probe } from "./probes.ts";

type Watcher = (record: TraceRecord) => boolean;

/** What a scenario itself says should happen sometimes, in its order. */
export function ownProbes(scenario: Scenario): Probe[] {
  return scenario.sometimes.map((entry) => {
    if (typeof entry !== "string") return writtenProbe(entry);
    const code = registeredCode("probe").get(entry) as StateProbe | undefined;
    if (code === undefined) throw new Error(`No code is registered for the probe "${entry}".`);
    const ids = [...nodeIdsOf(scenario), ...clientIdsOf(scenario).flat()];
    return { name: entry, triggers: ["state"], watch: () => watchCode(code, ids) };
  });
}

function writtenProbe(written: WrittenProbe): Probe {
  const { name, node, state, point, complete } = written;
  const isThere = (record: TraceRecord): boolean => node === undefined || record.node === node;
  if (complete !== undefined) return { name, triggers: [`complete:${complete}`], watch: () => isThere };
  if (point !== undefined) {
    const wanted = Object.entries(written.fields ?? {});
    const happens: Watcher = (record) =>
      record.kind === "point" &&
      isThere(record) &&
      wanted.every(([key, values]) => [values].flat().includes(String(record.fields[key])));
    return { name, triggers: [`point:${point}`], watch: () => happens };
  }
  const wanted = Object.entries(state ?? {}).map(([key, values]): Wanted => ({ key, values: [values].flat() }));
  return {
    name,
    triggers: ["state:process", ...wanted.flatMap(({ key }) => [`state:${key}`, `state:${key}>*`])],
    watch() {
      const states = new Map<string, Map<string, string>>();
      return (record) => {
        if (record.kind !== "state" || !isThere(record)) return false;
        if (isEndOfProcess(record)) states.delete(record.node);
        const own = states.get(record.node) ?? new Map<string, string>();
        states.set(record.node, own.set(record.key, record.value));
        return wanted.every((one) => holds(own, one));
      };
    },
  };
}

interface Wanted {
  readonly key: string;
  readonly values: readonly string[];
}

/** A component that has a name claims its states with it: `breaker>ofd`; `breaker` means any of them. */
function holds(states: ReadonlyMap<string, string>, { key, values }: Wanted): boolean {
  for (const [name, value] of states)
    if ((name === key || name.startsWith(`${key}>`)) && values.includes(value)) return true;
  return false;
}

function watchCode({ happens }: StateProbe, ids: readonly string[]): Watcher {
  const nodes = new Map<string, Record<string, string> & { id: string }>(ids.map((id) => [id, { id }]));
  return (record) => {
    if (record.kind !== "state" || record.key.startsWith("link>")) return false;
    let node = nodes.get(record.node);
    if (node === undefined || isEndOfProcess(record)) {
      node = { id: record.node };
      nodes.set(record.node, node);
    }
    // The node's name is not a state, whatever a program calls its states.
    if (record.key !== "id") node[record.key] = record.value;
    return happens([...nodes.values()] satisfies StatesOfNode[]);
  };
}

/** The states of a process end with it. */
function isEndOfProcess(record: TraceRecord): boolean {
  return record.kind === "state" && record.key === "process" && record.value === "down";
}
