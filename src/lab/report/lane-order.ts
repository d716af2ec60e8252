import { byCodeUnit } from "../../trace/plain.ts";
import type { RunResult } from "../../trace/result.ts";
import { dividedGroups } from "./partitions.ts";

/**
 * Nodes by group of the first partition that divides them, then by name, numbers in names by size.
 *
 * @param results  A run, or several that are to have their lanes in one order: the partition is that of the first run that has one.
 */
export function laneOrder(...results: readonly RunResult[]): string[] {
  const rankIn = results.map(ranks).find((rank) => rank !== undefined) ?? ((): number => 0);
  const ids = [...new Set(results.flatMap(nodesOf))];
  return ids.sort((a, b) => rankIn(a) - rankIn(b) || byNumberedName(a, b));
}

function nodesOf({ nodes }: RunResult): string[] {
  return nodes.filter(({ role }) => role === "node").map(({ id }) => id);
}

/** The group of each node in the first partition, those in none last; `undefined` for a run without a partition. */
function ranks(result: RunResult): ((id: string) => number) | undefined {
  const ids = nodesOf(result);
  const first = [...result.faults]
    .sort((a, b) => a.startedAt - b.startedAt)
    .find((fault) => dividedGroups(fault, ids) !== undefined);
  if (first === undefined) return undefined;
  const groups = dividedGroups(first, ids) ?? [];
  return (id) => {
    const group = groups.findIndex((members) => members.includes(id));
    return group < 0 ? groups.length : group;
  };
}

/** Orders `n2` before `n10`. */
export function byNumberedName(a: string, b: string): number {
  const numberOf = (name: string): number => Number(/\d{1,9}$/.exec(name)?.[0] ?? -1);
  const stem = (name: string): string => name.replace(/\d{1,9}$/, "");
  return byCodeUnit(stem(a), stem(b)) || numberOf(a) - numberOf(b) || byCodeUnit(a, b);
}
