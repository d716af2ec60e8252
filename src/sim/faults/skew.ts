import { z } from "zod";
import { commonFields, defineFault, needsNodes, nodeFields, nodesOf } from "./fault.ts";
import { durationSchema } from "./units.ts";
import { offsetWalls, WALL_READ } from "./wall-offset.ts";

const YEAR = 366 * 86_400_000_000;

export const skew = defineFault({
  kind: "skew",
  about: "Sets wall clocks wrong by an offset while it lasts. Its end takes the offset away.",
  touches: WALL_READ,
  schema: z
    .strictObject({
      kind: z.literal("skew"),
      ...commonFields,
      ...nodeFields,
      offset: durationSchema({ min: -YEAR }).describe("How far ahead the clocks are; behind when negative."),
    })
    .superRefine(needsNodes),
  groups: (spec) => [nodesOf(spec)],
  start: (context) => offsetWalls(context, context.spec.offset),
});
