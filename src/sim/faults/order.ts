import { z } from "zod";
import type { Message } from "../../trace/plain.ts";
import { commonFields, defineFault, needsNodes, nodeFields, nodesOf } from "./fault.ts";

export const order = defineFault({
  kind: "order",
  about:
    "Gives nodes an order of their operator, once, as their program understands it: an ha-node takes raft.transfer (to: a voter) and " +
    "raft.reconfigure (addVoters, addWitnesses, addLearners, remove, weights). It ends with the order.",
  touches: "A node that runs a program which takes orders.",
  schema: z
    .strictObject({
      kind: z.literal("order"),
      ...commonFields,
      ...nodeFields,
      order: z
        .looseObject(
          { type: z.string().min(1).describe("What is to be done, as raft.transfer.") },
          { error: "an order as { type: raft.transfer, to: n2 }" },
        )
        .describe("What the program is told: type, and whatever the order needs."),
    })
    .superRefine(needsNodes),
  endsItself: true,
  groups: (spec) => [nodesOf(spec)],
  start: ({ cluster, groups, spec, touch, at, finish }) => {
    for (const id of groups[0] ?? []) if (cluster.node(id).control(spec.order as Message)) touch();
    at(cluster.kernel.now, finish);
    return () => undefined;
  },
});
