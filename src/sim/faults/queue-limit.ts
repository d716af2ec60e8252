import { z } from "zod";
import { commonFields, defineFault } from "./fault.ts";
import { affectLinks, linkFields, linkGroups, oneScope } from "./links.ts";

export const queueLimit = defineFault({
  kind: "queue-limit",
  about:
    "Lets only so many messages be on the way over a link at once; what is sent beyond is dropped. With bandwidth, delay or hold " +
    "the queue fills. Copies take no room. Its end lets messages that are sent from then on travel as before.",
  touches: "A message that was dropped because the queue was full.",
  schema: z
    .strictObject({
      kind: z.literal("queue-limit"),
      ...commonFields,
      ...linkFields,
      messages: z
        .int({ error: "an integer from 1" })
        .min(1)
        .max(1_000_000)
        .describe("How many of each link; those sent before it started do not count."),
    })
    .superRefine(oneScope),
  groups: linkGroups,
  start: (context) => affectLinks(context, { queueMax: context.spec.messages }),
});
