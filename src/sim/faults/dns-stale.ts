import { z } from "zod";
import { commonFields, defineFault, endAll, needsNodes, nodeFields, nodesOf } from "./fault.ts";
import { targetSchema } from "./targets.ts";

const schema = z
  .strictObject({
    kind: z.literal("dns-stale"),
    ...commonFields,
    ...nodeFields,
    name: targetSchema.describe("The node whose name is not resolved as it should be."),
    to: targetSchema.optional().describe("The node that the name leads to; without it, the name cannot be resolved."),
    taken: z
      .boolean()
      .default(false)
      .describe(
        "Whether that node takes messages that mean somebody else. Otherwise it refuses them, as this package's own transport does.",
      ),
  })
  .superRefine(needsNodes)
  .superRefine((spec, context) => {
    if (!spec.taken || spec.to !== undefined) return;
    context.addIssue({ code: "custom", message: "to: the node that takes them", path: ["taken"] });
  });

export const dnsStale = defineFault({
  kind: "dns-stale",
  about:
    "Lets the nodes resolve a name to nobody, or to another node: what they send by that name goes nowhere, or there. Messages on the way " +
    "arrive, and whoever sends to the nodes reaches them. Its end lets the name mean its node again.",
  touches: "A message sent by the name.",
  schema,
  groups: (spec) => [nodesOf(spec), [spec.name], ...(spec.to === undefined ? [] : [[spec.to]])],
  problems: (spec) =>
    spec.to === spec.name
      ? [{ path: ["to"], message: `The name "${spec.name}" leads to its own node.`, expected: "another node, or none" }]
      : [],
  start: ({ id: fault, cluster, groups, spec, touch }) => {
    const [senders = [], names = [], [node] = []] = groups;
    const effect = { fault, touch, resolvesTo: { node, isTaken: spec.taken } };
    return endAll(senders.flatMap((from) => names.map((name) => cluster.network.addEffect(from, name, effect))));
  },
});
