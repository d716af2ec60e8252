import { z } from "zod";
import { commonFields, defineFault } from "./fault.ts";
import { holdLinks } from "./holds.ts";
import { linkFields, linkGroups, linksOf, oneScope } from "./links.ts";

export const hold = defineFault({
  kind: "hold",
  about:
    "Keeps messages that are sent while it lasts. At its end, or when a release names their link, they arrive: on each link in the order in " +
    "which they were sent, and none sooner than it would have. A link under several holds lets go when the last one ends.",
  touches: "A message that was kept.",
  schema: z.strictObject({ kind: z.literal("hold"), ...commonFields, ...linkFields }).superRefine(oneScope),
  groups: linkGroups,
  start: (context) => holdLinks(context, linksOf(context)),
});
