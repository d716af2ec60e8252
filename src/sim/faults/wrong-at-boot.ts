import { z } from "zod";
import { watchBoots } from "./clock-reads.ts";
import { commonFields, defineFault, endAll, needsNodes, nodeFields, nodesOf } from "./fault.ts";
import { durationSchema } from "./units.ts";
import { offsetWall, WALL_READ } from "./wall-offset.ts";

const YEAR = 366 * 86_400_000_000;

export const wrongAtBoot = defineFault({
  kind: "wrong-at-boot",
  about:
    "Lets wall clocks be wrong whenever their machines boot, as without a battery, until a time service corrects them. A process that " +
    "starts on a machine with power is no boot. Its end corrects them, and they boot right.",
  touches: WALL_READ,
  schema: z
    .strictObject({
      kind: z.literal("wrong-at-boot"),
      ...commonFields,
      ...nodeFields,
      offset: durationSchema({ min: -YEAR }).describe(
        "How far ahead the clocks are after a boot; behind when negative.",
      ),
      corrected: durationSchema({ min: 1 }).optional().describe("How long after a boot; default when the fault ends."),
    })
    .superRefine(needsNodes),
  groups: (spec) => [nodesOf(spec)],
  start: (context) => {
    const { cluster, groups, spec, startRecord, at } = context;
    return endAll(
      (groups[0] ?? []).map((id) => {
        const { clock } = cluster.node(id);
        let correct: (() => void) | undefined;
        const endWatch = watchBoots(clock, () => {
          const before = cluster.trace.cause;
          cluster.trace.cause = startRecord;
          correct?.();
          const own = (correct = offsetWall(context, clock, spec.offset));
          cluster.trace.cause = before;
          if (spec.corrected !== undefined) at(cluster.kernel.now + spec.corrected, own);
        });
        return () => {
          endWatch();
          correct?.();
        };
      }),
    );
  },
});
