import { z } from "zod";
import { watchReads } from "./clock-reads.ts";
import { commonFields, defineFault, endAll, needsNodes, nodeFields, nodesOf } from "./fault.ts";
import { durationSchema } from "./units.ts";
import { WALL_READ } from "./wall-offset.ts";

const HOUR = 3_600_000_000;

export const smear = defineFault({
  kind: "smear",
  about:
    "Lets wall clocks gain or lose a time evenly, as a time service that smears a leap second; then they stay ahead or behind. Its " +
    "end takes what they gained away.",
  touches: WALL_READ,
  schema: z
    .strictObject({
      kind: z.literal("smear"),
      ...commonFields,
      ...nodeFields,
      by: durationSchema({ min: -HOUR }).describe("What they gain; they lose when negative."),
      over: durationSchema({ min: 1_000 }).describe("How long that takes; longer than what they gain or lose."),
    })
    .superRefine(needsNodes)
    .superRefine((spec, context) => {
      const message = "a time longer than what the clocks gain or lose in it";
      if (Math.abs(spec.by) >= spec.over) context.addIssue({ code: "custom", message, path: ["over"] });
    }),
  groups: (spec) => [nodesOf(spec)],
  start: ({ cluster, groups, spec, touch, at }) =>
    endAll(
      (groups[0] ?? []).flatMap((id) => {
        const { now } = cluster.kernel;
        const { clock } = cluster.node(id);
        const smearing = clock.smear(now, spec.by, spec.over);
        at(now + spec.over, smearing.settle);
        return [watchReads(clock, touch), smearing.end];
      }),
    ),
});
