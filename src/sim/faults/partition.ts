import { z } from "zod";
import type { Cluster } from "../cluster.ts";
import { commonFields, defineFault, endAll, nodeFields, needsNodes, nodesOf, type Contradiction } from "./fault.ts";
import { cutLinks, type Shape } from "./shapes.ts";
import { isRole, membersOf, targetSchema, type NodeId, type Target } from "./targets.ts";

const group = z.array(targetSchema).min(1);
const sides = z.array(group).min(2).describe("The sides; nodes in none of them keep all their links.");

const splitFields = { shape: z.literal("split"), groups: sides };
const isolateFields = { shape: z.literal("isolate"), ...nodeFields };
const deafFields = { shape: z.literal("deaf"), ...nodeFields };
const muteFields = { shape: z.literal("mute"), ...nodeFields };
const oneWayFields = {
  shape: z.literal("one-way"),
  a: z.union([targetSchema, group]).describe("Hears b."),
  b: z.union([targetSchema, group]).describe("Does not hear a."),
};
const bridgeFields = {
  shape: z.literal("bridge"),
  groups: sides,
  bridge: z.union([targetSchema, group]).describe("Hears all sides and is heard by them."),
};
const ringFields = {
  shape: z.literal("majorities-ring"),
  nodes: group
    .default(["all"])
    .describe("The nodes in a ring; each hears the majority around it, and no two hear the same one."),
};
const hubLossFields = {
  shape: z.literal("hub-loss"),
  hub: z.union([targetSchema, group]).describe("Through whom all others reached each other; hears nobody now."),
  groups: sides
    .optional()
    .describe("The sites, each of which still hears itself; default every other node for itself."),
};
const halvesFields = { shape: z.literal("random-halves") };
const chainFields = {
  shape: z.literal("chain"),
  nodes: group.default(["all"]).describe("The nodes in order; each hears only its neighbours."),
};
const linksFields = {
  shape: z.literal("links"),
  links: z
    .array(z.tuple([targetSchema, targetSchema]))
    .min(1)
    .describe("Pairs of sender and receiver."),
  both: z.boolean().default(false).describe("Whether the links are cut in both directions."),
};

const base = { kind: z.literal("partition"), ...commonFields };
const schema = z.discriminatedUnion("shape", [
  z.strictObject({ ...base, ...splitFields }),
  z.strictObject({ ...base, ...isolateFields }).superRefine(needsNodes),
  z.strictObject({ ...base, ...deafFields }).superRefine(needsNodes),
  z.strictObject({ ...base, ...muteFields }).superRefine(needsNodes),
  z.strictObject({ ...base, ...oneWayFields }),
  z.strictObject({ ...base, ...bridgeFields }),
  z.strictObject({ ...base, ...ringFields }),
  z.strictObject({ ...base, ...hubLossFields }),
  z.strictObject({ ...base, ...chainFields }),
  z.strictObject({ ...base, ...halvesFields }),
  z.strictObject({ ...base, ...linksFields }),
]);

const wrapped = { kind: z.literal("partition").default("partition") };
/** A partition inside another fault, which has the times. */
export const shapeSchema = z.discriminatedUnion("shape", [
  z.strictObject({ ...wrapped, ...splitFields }),
  z.strictObject({ ...wrapped, ...isolateFields }).superRefine(needsNodes),
  z.strictObject({ ...wrapped, ...deafFields }).superRefine(needsNodes),
  z.strictObject({ ...wrapped, ...muteFields }).superRefine(needsNodes),
  z.strictObject({ ...wrapped, ...oneWayFields }),
  z.strictObject({ ...wrapped, ...bridgeFields }),
  z.strictObject({ ...wrapped, ...ringFields }),
  z.strictObject({ ...wrapped, ...hubLossFields }),
  z.strictObject({ ...wrapped, ...chainFields }),
  z.strictObject({ ...wrapped, ...halvesFields }),
  z.strictObject({ ...wrapped, ...linksFields }),
]);

/** A shape as written, its targets not resolved. */
export type ShapeSpec = z.output<typeof shapeSchema> | z.output<typeof schema>;

const listOf = (targets: Target | readonly Target[]): readonly Target[] =>
  typeof targets === "string" ? [targets] : targets;

/** The groups of a shape, as {@link Shape} wants them. */
export function shapeGroups(spec: ShapeSpec): readonly (readonly Target[])[] {
  switch (spec.shape) {
    case "split":
      return spec.groups;
    case "isolate":
    case "deaf":
    case "mute":
      return [nodesOf(spec)];
    case "one-way":
      return [listOf(spec.a), listOf(spec.b)];
    case "bridge":
      return [...spec.groups, listOf(spec.bridge)];
    case "hub-loss":
      return [...(spec.groups ?? []), listOf(spec.hub)];
    case "majorities-ring":
    case "chain":
      return [spec.nodes];
    case "random-halves":
      return [["half"], ["rest"]];
    case "links":
      return spec.links.flatMap(([from, to]) => [[from], [to]]);
  }
}

/** A shape with its targets resolved. */
export function shapeOf(spec: ShapeSpec, groups: readonly (readonly string[])[]): Shape {
  return { shape: spec.shape, groups, ...(spec.shape === "links" ? { both: spec.both } : {}) };
}

/** A node that a shape puts on two sides, or a link from a node to itself. */
export function shapeProblems(spec: ShapeSpec, path: readonly (string | number)[]): Contradiction[] {
  if (spec.shape === "isolate" || spec.shape === "deaf" || spec.shape === "mute") return [];
  const groups = shapeGroups(spec);
  if (spec.shape === "links") {
    return spec.links.flatMap(([from, to], i) =>
      from !== to || from === "any-follower" || from.startsWith("random(")
        ? []
        : [
            {
              path: [...path, "links", i],
              message: `The link of "${from}" to itself is never cut.`,
              expected: "two different nodes",
            },
          ],
    );
  }
  const seen = new Set<string>();
  for (const target of groups.flatMap((one) => [
    ...(spec.shape === "chain" || spec.shape === "majorities-ring" ? one : new Set(one)),
  ])) {
    const isOnce = !isRole(target) || ["leader", "minority", "half", "majority", "rest"].includes(target);
    if (isOnce && seen.has(target)) {
      return [
        { path: [...path], message: `The partition names "${target}" twice.`, expected: "each node in one place" },
      ];
    }
    seen.add(target);
  }
  return [];
}

/** Cuts the links of a shape for `fault`. @returns Takes the cuts away again. */
export function cut(cluster: Cluster, shape: Shape, effect: { fault: string; touch: () => void }): () => void {
  const members = membersOf(cluster).map((node) => node.id);
  const links = cutLinks(shape, members) as (readonly [NodeId, NodeId])[];
  return endAll(links.map(([from, to]) => cluster.network.addEffect(from, to, { ...effect, cut: true })));
}

export const partition = defineFault({
  kind: "partition",
  about: "Cuts links; messages on the way are lost too. Its end makes every link as it was.",
  touches: "A message dropped because its link was cut when it was sent or when it arrived.",
  schema,
  groups: shapeGroups,
  problems: (spec) => shapeProblems(spec, []),
  start: ({ id, spec, groups, cluster, touch }) => cut(cluster, shapeOf(spec, groups), { fault: id, touch }),
});
