import { z } from "zod";
import { commonFields, defineFault, needsNodes, nodeFields, nodesOf } from "./fault.ts";
import { affectDisks } from "./disks.ts";

export const diskReadOnly = defineFault({
  kind: "disk-read-only",
  about:
    "Lets the disks refuse every change and every sync, as a file system that was mounted read-only after an error (EROFS). Reading goes on, " +
    "and what was not synced stays so. Its end lets them take changes and syncs again.",
  touches: "A change or sync that was refused.",
  schema: z.strictObject({ kind: z.literal("disk-read-only"), ...commonFields, ...nodeFields }).superRefine(needsNodes),
  groups: (spec) => [nodesOf(spec)],
  start: (context) => affectDisks(context, { readOnly: true }),
});
