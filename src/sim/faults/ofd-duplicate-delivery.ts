import { z } from "zod";
import { commonFields, defineFault } from "./fault.ts";
import { OFD_TOUCH, ofdsOf, orderOfd } from "./ofd-order.ts";
import { maySayNodes, serviceFields } from "./orders.ts";

export const ofdDuplicateDelivery = defineFault({
  kind: "ofd-duplicate-delivery",
  about:
    "Lets an OFD handle every registration twice at once, as behind a proxy that repeats requests. Its end lets it handle each once.",
  touches: OFD_TOUCH,
  schema: z
    .strictObject({ kind: z.literal("ofd-duplicate-delivery"), ...commonFields, ...serviceFields })
    .superRefine(maySayNodes),
  groups: ofdsOf,
  start: (context) => orderOfd(context, { mode: "duplicate-delivery" }),
});
