import { z } from "zod";
import { commonFields, defineFault, needsNodes, nodeFields, nodesOf } from "./fault.ts";
import { affectDisks } from "./disks.ts";

export const diskTornWrite = defineFault({
  kind: "disk-torn-write",
  about:
    "At every power loss of the nodes while it lasts, the last unsynced write that survives in a file may be cut at a seeded sector or byte. Its end leaves cut what was cut.",
  touches: "A file whose last write was cut at a power loss.",
  schema: z
    .strictObject({ kind: z.literal("disk-torn-write"), ...commonFields, ...nodeFields })
    .superRefine(needsNodes),
  groups: (spec) => [nodesOf(spec)],
  start: (context) => affectDisks(context, { tornWrites: true }),
});
