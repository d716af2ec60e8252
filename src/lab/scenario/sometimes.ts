import type { NamedCode } from "./registry.ts";

/** A node and the states it is in now, as a predicate sees it: `{ id: "n1", role: "leader" }`. */
export interface StatesOfNode {
  readonly id: string;
  readonly [state: string]: string | undefined;
}

/** Something that should happen in at least one seed of a sweep, told by code. */
export interface StateProbe extends NamedCode {
  readonly kind: "probe";
  readonly happens: (nodes: readonly StatesOfNode[]) => boolean;
}

/**
 * Something that should happen in at least one seed of a sweep: for `sometimes` of a scenario. Where it never does, the sweep has
 * not been where it should.
 *
 * @param name     What happens, in words.
 * @param happens  Whether it happens with these nodes, clients included; asked whenever a state of any of them changes.
 * @example
 * sometimes("two nodes led at once", (nodes) => nodes.filter((node) => node.role === "leader").length > 1);
 */
export function sometimes(name: string, happens: StateProbe["happens"]): StateProbe {
  return { kind: "probe", name, happens };
}
