import { z } from "zod";
import { commonFields, defineFault, endAll, needsNodes, nodeFields, nodesOf } from "./fault.ts";
import { durationSchema } from "./units.ts";

/** What an event takes a healthy CPU, µs: so little that a run counts it as nothing. */
const HANDLING = 50;

export const slow = defineFault({
  kind: "slow",
  about:
    "Makes CPUs slow by a factor: every message, timer and completion takes its time to be handled, one after the other, and what " +
    "comes meanwhile waits. Clocks run on. Its end lets what waits be handled at once, in order.",
  touches: "An event of a process that waited for the CPU.",
  schema: z
    .strictObject({
      kind: z.literal("slow"),
      ...commonFields,
      ...nodeFields,
      factor: z
        .int({ error: "an integer from 2" })
        .min(2)
        .max(1_000_000)
        .describe("How many times as long everything takes: 1000 makes it 50 ms an event."),
      handling: durationSchema({ min: 1 }).optional().describe("What an event takes a healthy CPU; default 50us."),
    })
    .superRefine(needsNodes),
  groups: (spec) => [nodesOf(spec)],
  start: ({ cluster, groups, spec, touch }) => {
    const handling = spec.factor * (spec.handling ?? HANDLING);
    return endAll((groups[0] ?? []).map((id) => cluster.node(id).slow({ handling, touch })));
  },
});
