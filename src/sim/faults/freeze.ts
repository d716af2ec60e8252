import { z } from "zod";
import type { NodeClock } from "../clock/node-clock.ts";
import { watchReads } from "./clock-reads.ts";
import { commonFields, defineFault, endAll, needsNodes, nodeFields, nodesOf } from "./fault.ts";

/** How many faults keep a clock frozen. */
const freezes = new WeakMap<NodeClock, number>();

export const freeze = defineFault({
  kind: "freeze",
  about:
    "Stops wall clocks where they are; monotonic clocks and timers run on. Its end lets them show what they would have without it.",
  touches: "A reading of a wall clock that stood still.",
  schema: z.strictObject({ kind: z.literal("freeze"), ...commonFields, ...nodeFields }).superRefine(needsNodes),
  groups: (spec) => [nodesOf(spec)],
  start: ({ cluster, groups, touch }) =>
    endAll(
      (groups[0] ?? []).map((id) => {
        const { clock } = cluster.node(id);
        freezes.set(clock, (freezes.get(clock) ?? 0) + 1);
        clock.freeze(cluster.kernel.now);
        const endWatch = watchReads(clock, touch);
        return () => {
          endWatch();
          const left = (freezes.get(clock) ?? 0) - 1;
          freezes.set(clock, left);
          if (left === 0) clock.unfreeze(cluster.kernel.now);
        };
      }),
    ),
});
