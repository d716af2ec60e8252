/** A graph of numbered members: who counts, and who is linked with whom. */
export interface LinkGraph {
  readonly size: number;
  /** How many mutually linked members are wanted. */
  readonly wanted: number;
  isMember(member: number): boolean;
  isLinked(a: number, b: number): boolean;
}

/**
 * Finds `wanted` or more mutually linked members, the first in order of numbers; empty when there are none.
 *
 * Starts from everybody and, as long as two are not linked, leaves out the one with most missing links or else all those it is
 * not linked with: exponential only in how many may be left out, and the missing links of real partitions decide quickly.
 */
export function findClique(graph: LinkGraph): readonly number[] {
  const all: number[] = [];
  for (let member = 0; member < graph.size; member++) if (graph.isMember(member)) all.push(member);
  return narrow(graph, all) ?? [];
}

function narrow(graph: LinkGraph, members: readonly number[]): readonly number[] | undefined {
  if (members.length < graph.wanted) return undefined;
  let worst = -1;
  let worstMissing = 0;
  for (const a of members) {
    let missing = 0;
    for (const b of members) if (a !== b && !graph.isLinked(a, b)) missing++;
    if (missing > worstMissing) {
      worst = a;
      worstMissing = missing;
    }
  }
  if (worst < 0) return members;
  const without = narrow(
    graph,
    members.filter((one) => one !== worst),
  );
  if (without !== undefined) return without;
  return narrow(
    graph,
    members.filter((one) => one === worst || graph.isLinked(one, worst)),
  );
}
