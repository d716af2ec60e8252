import type { Plain } from "../../trace/plain.ts";

/** What a drawn fault acts on and how strongly, as {@link DrawnKind} draws it. */
type Effect = Readonly<Record<string, Plain>>;

/** What is left of a shape of partition that names sides, once it may name one node. */
const SINGLE_SHAPES: Readonly<Record<string, string>> = {
  deaf: "deaf",
  mute: "mute",
  "one-way": "mute",
  majorities: "deaf",
  chain: "deaf",
};

/**
 * The effect about one node that a plan names, instead of about roles: faults of nodes act on it, faults of links on all of its
 * links, partitions part it from the others. What is about no node at all stays what it is.
 */
export function aimed(effect: Effect, target: string): Effect {
  const { shape, links, both: _, ...rest } = effect;
  if (typeof shape === "object" && shape !== null) return { ...effect, shape: aimed(shape as Effect, target) };
  if (typeof shape === "string") return { shape: SINGLE_SHAPES[shape] ?? "isolate", node: target };
  if (links !== undefined) return { ...rest, node: target };
  if (effect["node"] !== undefined) return { ...effect, node: target };
  if (effect["nodes"] === undefined) return effect;
  const { nodes: __, ...others } = effect;
  return { ...others, node: target };
}
