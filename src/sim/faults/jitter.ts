import { z } from "zod";
import { commonFields, defineFault } from "./fault.ts";
import { affectLinks, linkFields, linkGroups, oneScope } from "./links.ts";
import { durationSchema } from "./units.ts";

export const jitter = defineFault({
  kind: "jitter",
  about:
    "Makes each message later by a time of its own, up to a limit. Its end lets messages that are sent from then on travel as before.",
  touches: "A message that was made later.",
  schema: z
    .strictObject({
      kind: z.literal("jitter"),
      ...commonFields,
      ...linkFields,
      upTo: durationSchema({ min: 1 }).describe("How much later at most; drawn for each message, 0 to this."),
    })
    .superRefine(oneScope),
  groups: linkGroups,
  start: (context) => affectLinks(context, { extraLatency: (random) => random.integer(0, context.spec.upTo) }),
});
