import { z } from "zod";
import { commonFields, defineFault } from "./fault.ts";
import { affectLinks, linkFields, linkGroups, oneScope } from "./links.ts";
import { shareSchema } from "./units.ts";

export const corrupt = defineFault({
  kind: "corrupt",
  about:
    "Alters a share of the messages on their way. The checksum of a frame tells, so the receiver drops each instead of reading it. " +
    "Its end lets messages that are sent from then on travel as before.",
  touches: "A message that was altered.",
  schema: z
    .strictObject({
      kind: z.literal("corrupt"),
      ...commonFields,
      ...linkFields,
      rate: shareSchema().describe("How many of the messages."),
    })
    .superRefine(oneScope),
  groups: linkGroups,
  start: (context) => affectLinks(context, { corruptPpm: context.spec.rate }),
});
