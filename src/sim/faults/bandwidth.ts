import { z } from "zod";
import { commonFields, defineFault } from "./fault.ts";
import { affectLinks, linkFields, linkGroups, oneScope } from "./links.ts";
import { byteRateSchema } from "./units.ts";

export const bandwidth = defineFault({
  kind: "bandwidth",
  about:
    "Narrows links: messages take their time to be sent, by their size, one after the other. Its end lets messages that are sent " +
    "from then on travel as before.",
  touches: "A message that was sent over a narrow link.",
  schema: z
    .strictObject({
      kind: z.literal("bandwidth"),
      ...commonFields,
      ...linkFields,
      rate: byteRateSchema().describe("How much each link takes. A message has the bytes of its JSON, and 8 more."),
    })
    .superRefine(oneScope),
  groups: linkGroups,
  start: (context) => affectLinks(context, { bytesPerSecond: context.spec.rate }),
});
