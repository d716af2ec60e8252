import { z } from "zod";
import { commonFields, defineFault } from "./fault.ts";
import { affectLinks, linkFields, linkGroups, oneScope } from "./links.ts";
import { durationSchema } from "./units.ts";

export const delay = defineFault({
  kind: "delay",
  about:
    "Makes every message later by a fixed time. Its end lets messages that are sent from then on travel as before.",
  touches: "A message that was made later.",
  schema: z
    .strictObject({
      kind: z.literal("delay"),
      ...commonFields,
      ...linkFields,
      by: durationSchema({ min: 1 }).describe("How much later."),
    })
    .superRefine(oneScope),
  groups: linkGroups,
  start: (context) => affectLinks(context, { extraLatency: () => context.spec.by }),
});
