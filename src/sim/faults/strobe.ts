import { z } from "zod";
import { commonFields, defineFault, needsNodes, nodeFields, nodesOf } from "./fault.ts";
import { durationSchema } from "./units.ts";
import { offsetWalls, WALL_READ } from "./wall-offset.ts";

const YEAR = 366 * 86_400_000_000;

export const strobe = defineFault({
  kind: "strobe",
  about:
    "Steps wall clocks to an offset and back, again and again, the offset first. Its end leaves them without the offset.",
  touches: WALL_READ,
  schema: z
    .strictObject({
      kind: z.literal("strobe"),
      ...commonFields,
      ...nodeFields,
      offset: durationSchema({ min: -YEAR }).describe(
        "How far ahead the clocks are every other time; behind when negative.",
      ),
      every: durationSchema({ min: 1_000 }).describe("How long it is between two steps, from 1ms."),
    })
    .superRefine(needsNodes),
  groups: (spec) => [nodesOf(spec)],
  start: (context) => {
    const { spec, cluster, at } = context;
    let moveBack: (() => void) | undefined;
    const turn = (): void => {
      if (moveBack === undefined) moveBack = offsetWalls(context, spec.offset);
      else {
        moveBack();
        moveBack = undefined;
      }
      at(cluster.kernel.now + spec.every, turn);
    };
    turn();
    return () => moveBack?.();
  },
});
