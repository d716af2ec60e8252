import { z } from "zod";
import { commonFields, defineFault } from "./fault.ts";
import { affectLinks, linkFields, linkGroups, oneScope } from "./links.ts";

export const blackhole = defineFault({
  kind: "blackhole",
  about:
    "Takes every message and delivers none: the links stay up for whoever looks, and messages on the way arrive. Its end lets messages " +
    "that are sent from then on arrive; what it took is gone.",
  touches: "A message that it took.",
  schema: z.strictObject({ kind: z.literal("blackhole"), ...commonFields, ...linkFields }).superRefine(oneScope),
  groups: linkGroups,
  start: (context) => affectLinks(context, { blackhole: true }),
});
