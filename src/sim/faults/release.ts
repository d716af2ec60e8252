import { z } from "zod";
import { commonFields, defineFault } from "./fault.ts";
import { releaseLink } from "./holds.ts";
import { linkFields, linkGroups, linksOf, oneScope } from "./links.ts";

export const release = defineFault({
  kind: "release",
  about:
    "Ends every hold on its links: what was kept arrives, and nothing more is kept. A hold whose last link is released has ended.",
  touches: "A link that was freed of a hold.",
  schema: z.strictObject({ kind: z.literal("release"), ...commonFields, ...linkFields }).superRefine(oneScope),
  endsItself: true,
  groups: linkGroups,
  start: (context) => {
    const { cluster, touch, at, finish } = context;
    for (const [from, to] of linksOf(context)) touch(releaseLink(cluster, from, to));
    at(cluster.kernel.now, finish);
    return () => undefined;
  },
});
