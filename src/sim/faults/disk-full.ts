import { z } from "zod";
import { commonFields, defineFault, needsNodes, nodeFields, nodesOf } from "./fault.ts";
import { affectDisks } from "./disks.ts";

export const diskFull = defineFault({
  kind: "disk-full",
  about:
    "Leaves no room on the disks (ENOSPC): whatever would make the files of a node hold more than when it started fails and changes nothing. " +
    "What is removed or cut makes room, and what fits is written. Its end gives the room back.",
  touches: "A write or append that did not fit.",
  schema: z.strictObject({ kind: z.literal("disk-full"), ...commonFields, ...nodeFields }).superRefine(needsNodes),
  groups: (spec) => [nodesOf(spec)],
  start: (context) => affectDisks(context, { full: true }),
});
