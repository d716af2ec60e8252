import { z } from "zod";
import type { Cluster } from "../cluster.ts";
import { commonFields, defineFault, endAll, needsNodes, nodeFields, nodesOf } from "./fault.ts";
import { targetSchema, type NodeId } from "./targets.ts";

const schema = z
  .strictObject({
    kind: z.literal("shared-disk"),
    ...commonFields,
    ...nodeFields,
    of: targetSchema.describe("The node whose disk they get."),
  })
  .superRefine(needsNodes);

export const sharedDisk = defineFault({
  kind: "shared-disk",
  about:
    "Starts nodes again with the disk of another node, which runs on: the same files, page cache and syncs for both, as two containers have " +
    "with one volume. Other faults of disks act on the disk of the node they name, whoever uses it. Its end starts the nodes again, also " +
    "those that refused, with their own disks, which were not touched meanwhile.",
  touches: "A node that was given another's disk.",
  schema,
  groups: (spec) => [nodesOf(spec), [spec.of]],
  problems: (spec) =>
    nodesOf(spec).includes(spec.of)
      ? [{ path: ["of"], message: `"${spec.of}" has its own disk already.`, expected: "another node" }]
      : [],
  start: ({ cluster, groups, touch }) => {
    const [nodes = [], [owner] = []] = groups;
    return endAll(
      nodes
        .filter((id) => owner !== undefined && id !== owner)
        .map((id) => {
          touch();
          return startOn(cluster, id, owner as NodeId);
        }),
    );
  },
});

/** @returns the way to start it on its own disk, which does not start what was down before, or what somebody else has in hand. */
function startOn(cluster: Cluster, id: NodeId, owner: NodeId): () => void {
  const node = cluster.node(id);
  const isOurs = cluster.kill(id);
  node.mount(cluster.node(owner).disk);
  if (isOurs) cluster.restart(id);
  const incarnation = node.incarnation + 1;
  return () => {
    node.mount(node.disk);
    const isUp = cluster.kill(id);
    if (isUp || (isOurs && node.incarnation === incarnation)) cluster.restart(id);
  };
}
