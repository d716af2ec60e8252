import { z } from "zod";
import { commonFields, defineFault } from "./fault.ts";
import { OFD_TOUCH, ofdsOf, orderOfd } from "./ofd-order.ts";
import { maySayNodes, serviceFields } from "./orders.ts";

export const ofdFails = defineFault({
  kind: "ofd-fails",
  about: "Lets every registration at an OFD fail, and nothing is accepted. Its end lets it accept again.",
  touches: OFD_TOUCH,
  schema: z.strictObject({ kind: z.literal("ofd-fails"), ...commonFields, ...serviceFields }).superRefine(maySayNodes),
  groups: ofdsOf,
  start: (context) => orderOfd(context, { mode: "failing" }),
});
