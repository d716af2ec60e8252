import { z } from "zod";
import { commonFields, defineFault, needsNodes, nodeFields, nodesOf } from "./fault.ts";
import { offsetWalls, WALL_READ } from "./wall-offset.ts";

const SECOND = 1_000_000;

export const leapSecond = defineFault({
  kind: "leap-second",
  about:
    "Wall clocks repeat one second: they go back by one second at the leap. Its end, if it has one, takes that back.",
  touches: WALL_READ,
  schema: z.strictObject({ kind: z.literal("leap-second"), ...commonFields, ...nodeFields }).superRefine(needsNodes),
  groups: (spec) => [nodesOf(spec)],
  start: (context) => offsetWalls(context, -SECOND),
});
