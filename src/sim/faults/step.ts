import { z } from "zod";
import { commonFields, defineFault, needsNodes, nodeFields, nodesOf } from "./fault.ts";
import { durationSchema } from "./units.ts";
import { offsetWalls, WALL_READ } from "./wall-offset.ts";

const YEAR = 366 * 86_400_000_000;

export const step = defineFault({
  kind: "step",
  about: "Steps wall clocks once, as a time service that corrects them. Its end, if it has one, steps them back.",
  touches: WALL_READ,
  schema: z
    .strictObject({
      kind: z.literal("step"),
      ...commonFields,
      ...nodeFields,
      by: durationSchema({ min: -YEAR }).describe("How far; back when negative."),
    })
    .superRefine(needsNodes),
  groups: (spec) => [nodesOf(spec)],
  start: (context) => offsetWalls(context, context.spec.by),
});
