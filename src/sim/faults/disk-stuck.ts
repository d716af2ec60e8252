import { z } from "zod";
import { commonFields, defineFault, needsNodes, nodeFields, nodesOf } from "./fault.ts";
import { affectDisks } from "./disks.ts";

export const diskStuck = defineFault({
  kind: "disk-stuck",
  about:
    "Lets no disk operation that begins while it lasts come to its end, reads included; what it changes can be seen as always, and nothing it " +
    "syncs is durable. Its end lets them complete, in order, each after its own latency. Operations under way at its start complete.",
  touches: "An operation that had to wait.",
  schema: z.strictObject({ kind: z.literal("disk-stuck"), ...commonFields, ...nodeFields }).superRefine(needsNodes),
  groups: (spec) => [nodesOf(spec)],
  start: (context) => affectDisks(context, { stuck: true }),
});
