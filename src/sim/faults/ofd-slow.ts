import { z } from "zod";
import { commonFields, defineFault } from "./fault.ts";
import { OFD_TOUCH, ofdsOf, orderOfd } from "./ofd-order.ts";
import { maySayNodes, serviceFields } from "./orders.ts";
import { durationSchema } from "./units.ts";

export const ofdSlow = defineFault({
  kind: "ofd-slow",
  about:
    "Lets an OFD begin with a registration only so long after it arrived. Its end lets it begin at once with what arrives from then on.",
  touches: OFD_TOUCH,
  schema: z
    .strictObject({
      kind: z.literal("ofd-slow"),
      ...commonFields,
      ...serviceFields,
      by: durationSchema({ min: 1_000 }).describe("How long it waits, in whole milliseconds of its own clock."),
    })
    .superRefine(maySayNodes),
  groups: ofdsOf,
  start: (context) => orderOfd(context, { mode: "slow", byMs: Math.ceil(context.spec.by / 1_000) }),
});
