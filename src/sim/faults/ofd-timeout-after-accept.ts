import { z } from "zod";
import { commonFields, defineFault } from "./fault.ts";
import { OFD_TOUCH, ofdsOf, orderOfd } from "./ofd-order.ts";
import { maySayNodes, serviceFields } from "./orders.ts";

export const ofdTimeoutAfterAccept = defineFault({
  kind: "ofd-timeout-after-accept",
  about: "Lets an OFD accept registrations and answer none. Its end lets it answer what arrives from then on.",
  touches: OFD_TOUCH,
  schema: z
    .strictObject({ kind: z.literal("ofd-timeout-after-accept"), ...commonFields, ...serviceFields })
    .superRefine(maySayNodes),
  groups: ofdsOf,
  start: (context) => orderOfd(context, { mode: "timeout-after-accept" }),
});
