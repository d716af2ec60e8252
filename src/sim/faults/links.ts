import { z } from "zod";
import type { Cluster } from "../cluster.ts";
import type { LinkEffect } from "../network/link-effect.ts";
import { endAll, nodeFields, nodesOf, type FaultContext, type NodesSpec } from "./fault.ts";
import { targetSchema, type NodeId, type Target } from "./targets.ts";

/** Fields of a kind that acts on links: some pairs, or all links of some nodes; without either, every link there is. */
export const linkFields = {
  links: z
    .union([z.literal("all"), z.array(z.tuple([targetSchema, targetSchema])).min(1)], {
      error: '"all", or pairs of sender and receiver as [[n1, n2]]',
    })
    .optional()
    .describe("Pairs of sender and receiver, or all."),
  both: z.boolean().default(false).describe("Whether the pairs are meant in both directions."),
  ...nodeFields,
};

export interface LinksSpec extends NodesSpec {
  readonly links?: "all" | readonly (readonly [Target, Target])[] | undefined;
  readonly both: boolean;
}

/** For `superRefine`: at most one of `links`, `node` and `nodes`. */
export function oneScope(spec: LinksSpec, context: z.RefinementCtx): void {
  const given = (["links", "node", "nodes"] as const).filter((key) => spec[key] !== undefined);
  if (given.length < 2) return;
  const message = "only one of links, node and nodes";
  context.addIssue({ code: "custom", message, path: [given[1] as string] });
}

/** Targets of a kind that acts on links: sender and receiver of each pair, or one group of nodes, or nothing for all links. */
export function linkGroups(spec: LinksSpec): readonly (readonly Target[])[] {
  if (spec.links !== undefined && spec.links !== "all") return spec.links.flatMap(([from, to]) => [[from], [to]]);
  const nodes = nodesOf(spec);
  return nodes.length === 0 ? [] : [nodes];
}

type OwnEffect = Omit<LinkEffect, "fault" | "touch" | "cut">;

/** Puts an effect, or one made for each, on every link the fault means, clients' links included. @returns Takes it away again. */
export function affectLinks<Spec extends LinksSpec>(
  context: FaultContext<Spec>,
  effect: OwnEffect | (() => OwnEffect),
): () => void {
  const { id: fault, cluster, touch } = context;
  const network = cluster.network;
  return endAll(
    linksOf(context).map(([from, to]) =>
      network.addEffect(from, to, { ...(typeof effect === "function" ? effect() : effect), fault, touch }),
    ),
  );
}

/** The links a fault means, each once, as sender and receiver. */
export function linksOf(
  context: Pick<FaultContext<LinksSpec>, "spec" | "groups" | "cluster">,
): (readonly [NodeId, NodeId])[] {
  const { spec, groups, cluster } = context;
  const meant = new Map<string, readonly [NodeId, NodeId]>();
  const add = (from: NodeId, to: NodeId): void => {
    if (from !== to) meant.set(`${from}>${to}`, [from, to]);
  };
  if (spec.links !== undefined && spec.links !== "all") {
    for (let i = 0; i < groups.length; i += 2) {
      for (const from of groups[i] ?? []) {
        for (const to of groups[i + 1] ?? []) {
          add(from, to);
          if (spec.both) add(to, from);
        }
      }
    }
    return [...meant.values()];
  }
  const everybody = idsOf(cluster);
  for (const node of groups[0] ?? everybody) {
    for (const other of everybody) {
      add(node, other);
      add(other, node);
    }
  }
  return [...meant.values()];
}

function idsOf(cluster: Cluster): readonly NodeId[] {
  return cluster.nodes.map((node) => node.id);
}
