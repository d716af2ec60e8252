import { z } from "zod";
import { commonFields, defineFault, needsNodes, nodeFields, nodesOf } from "./fault.ts";

export const bitRot = defineFault({
  kind: "bit-rot",
  about:
    "Inverts bits of files, durable bytes and page cache alike, drawn evenly over the bytes of a node's files or of one of them. Nobody is " +
    "told. It ends at once, and what it inverted stays.",
  touches: "A bit that was inverted.",
  schema: z
    .strictObject({
      kind: z.literal("bit-rot"),
      ...commonFields,
      ...nodeFields,
      bits: z.int().min(1).max(1_000_000).default(1).describe("How many draws on each node."),
      path: z.string().min(1).optional().describe("The file, as raft/log; without it, all of them."),
    })
    .superRefine(needsNodes),
  endsItself: true,
  groups: (spec) => [nodesOf(spec)],
  start: ({ cluster, groups, spec, touch, stream, at, finish }) => {
    const { bits, path } = spec;
    for (const id of groups[0] ?? []) touch(cluster.node(id).disk.rot({ bits, path, random: stream(id) }));
    at(cluster.kernel.now, finish);
    return () => undefined;
  },
});
