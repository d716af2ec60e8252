import { z } from "zod";
import { commonFields, defineFault } from "./fault.ts";
import { affectLinks, linkFields, linkGroups, oneScope } from "./links.ts";
import { shareSchema } from "./units.ts";

export const duplicate = defineFault({
  kind: "duplicate",
  about:
    "Delivers a share of the messages twice, the copy on a way of its own. Its end lets messages that are sent from then on travel as before.",
  touches: "A message that was copied.",
  schema: z
    .strictObject({
      kind: z.literal("duplicate"),
      ...commonFields,
      ...linkFields,
      rate: shareSchema().describe("How many of the messages."),
    })
    .superRefine(oneScope),
  groups: linkGroups,
  start: (context) => affectLinks(context, { duplicatePpm: context.spec.rate }),
});
