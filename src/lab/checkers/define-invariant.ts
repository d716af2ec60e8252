import { defineChecker, type Checker } from "./checker.ts";

/** A node and the states it is in now: `{ id: "n1", role: "leader" }`. A process that is down has none. */
export interface NodeStates {
  readonly id: string;
  readonly [state: string]: string | undefined;
}

/**
 * A checker of one sentence and one predicate over the states of all nodes, judged whenever any of them changes.
 *
 * @param name   Kebab-case, unique: what `checks` calls it.
 * @param rule   The rule in one sentence.
 * @param holds  Whether the rule holds for these nodes, clients included.
 * @example
 * defineInvariant("one-leader", "At most one node leads.", (nodes) => nodes.filter((n) => n.role === "leader").length < 2);
 */
export function defineInvariant(name: string, rule: string, holds: (nodes: readonly NodeStates[]) => boolean): Checker {
  return defineChecker(name, {
    title: rule.replace(/\.$/, ""),
    rule,
    triggers: ["state"],
    create(context) {
      const nodes = new Map<string, Record<string, string> & { id: string }>();
      for (const { id } of context.run.nodes) nodes.set(id, { id });
      return {
        on(record) {
          if (record.kind !== "state" || record.key.startsWith("link>")) return;
          let node = nodes.get(record.node);
          if (node === undefined || (record.key === "process" && record.value === "down")) {
            node = { id: record.node };
            nodes.set(record.node, node);
          }
          // The node's name is not a state, whatever a program calls its states.
          if (record.key !== "id") node[record.key] = record.value;
          const now = [...nodes.values()];
          context.judged();
          if (holds(now)) return;
          context.violated({
            record: record.id,
            time: record.time,
            nodes: [record.node],
            message: `${record.node} became ${record.key}=${record.value}, and the rule was broken: ${rule}`,
            expected: rule,
            observed: now.map((one) => describe(one)).join("; "),
          });
        },
      };
    },
  });
}

function describe({ id, ...states }: Record<string, string> & { id: string }): string {
  const shown = Object.entries(states).filter(([key]) => key !== "process" && key !== "clock");
  return `${id} ${shown.map(([key, value]) => `${key}=${value}`).join(" ")}`.trimEnd();
}
