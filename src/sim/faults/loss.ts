import { z } from "zod";
import { commonFields, defineFault } from "./fault.ts";
import { affectLinks, linkFields, linkGroups, oneScope } from "./links.ts";
import { shareSchema } from "./units.ts";

export const loss = defineFault({
  kind: "loss",
  about: "Loses a share of the messages. Its end lets messages that are sent from then on travel as before.",
  touches: "A message that was lost.",
  schema: z
    .strictObject({
      kind: z.literal("loss"),
      ...commonFields,
      ...linkFields,
      rate: shareSchema().describe("How many of the messages."),
    })
    .superRefine(oneScope),
  groups: linkGroups,
  start: (context) => affectLinks(context, { lossPpm: context.spec.rate }),
});
