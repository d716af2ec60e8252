import { z } from "zod";
import { commonFields, defineFault, needsNodes, nodeFields, nodesOf } from "./fault.ts";
import { affectDisks } from "./disks.ts";
import { durationSchema } from "./units.ts";

const positive = durationSchema({ min: 1 });

const schema = z
  .strictObject({
    kind: z.literal("disk-slow"),
    ...commonFields,
    ...nodeFields,
    syncBy: positive.optional().describe("How much longer each sync of a file or directory takes."),
    opBy: positive.optional().describe("How much longer every other operation takes."),
  })
  .superRefine(needsNodes)
  .superRefine((spec, context) => {
    if (spec.syncBy !== undefined || spec.opBy !== undefined) return;
    context.addIssue({ code: "custom", message: "syncBy, opBy or both: what becomes slow", path: [] });
  });

export const diskSlow = defineFault({
  kind: "disk-slow",
  about: "Makes disk operations take longer. Its end lets operations that begin from then on take as long as before.",
  touches: "A disk operation that was made slow.",
  schema,
  groups: (spec) => [nodesOf(spec)],
  start: (context) => {
    const { syncBy, opBy } = context.spec;
    return affectDisks(context, {
      ...(syncBy === undefined ? {} : { slowSyncBy: syncBy }),
      ...(opBy === undefined ? {} : { slowOpBy: opBy }),
    });
  },
});
