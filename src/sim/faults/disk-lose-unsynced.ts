import { z } from "zod";
import { commonFields, defineFault, needsNodes, nodeFields, nodesOf } from "./fault.ts";
import { affectDisks } from "./disks.ts";

export const diskLoseUnsynced = defineFault({
  kind: "disk-lose-unsynced",
  about:
    "At every power loss of the nodes while it lasts, what was not synced is lost from a seeded point on, or any of it with orderFree. Its end leaves lost what was lost.",
  touches: "A file or name that lost something at a power loss.",
  schema: z
    .strictObject({
      kind: z.literal("disk-lose-unsynced"),
      ...commonFields,
      ...nodeFields,
      orderFree: z
        .boolean()
        .default(false)
        .describe("Whether any subset of what was not synced may survive, not only what came first."),
    })
    .superRefine(needsNodes),
  groups: (spec) => [nodesOf(spec)],
  start: (context) => affectDisks(context, { loseUnsynced: true, orderFree: context.spec.orderFree }),
});
