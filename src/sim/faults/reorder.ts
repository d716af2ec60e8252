import { z } from "zod";
import { commonFields, defineFault } from "./fault.ts";
import { affectLinks, linkFields, linkGroups, oneScope } from "./links.ts";
import { durationSchema, shareSchema } from "./units.ts";

export const reorder = defineFault({
  kind: "reorder",
  about:
    "Holds a share of the messages back so that later ones overtake them. Its end lets messages that are sent from then on travel as before.",
  touches: "A message that was held back.",
  schema: z
    .strictObject({
      kind: z.literal("reorder"),
      ...commonFields,
      ...linkFields,
      rate: shareSchema().describe("How many of the messages."),
      by: durationSchema({ min: 1 }).describe("How long they are held back."),
    })
    .superRefine(oneScope),
  groups: linkGroups,
  start: (context) => affectLinks(context, { reorderPpm: context.spec.rate, reorderBy: context.spec.by }),
});
