import { z } from "zod";
import { commonFields, defineFault, endAll, needsNodes, nodeFields, nodesOf } from "./fault.ts";
import { outagesOf, takeDown } from "./outage.ts";

export const crash = defineFault({
  kind: "crash",
  about:
    "Takes the power from nodes: the process is gone, and of the disk what was not synced. Its end, if it has one, starts them again.",
  touches: "A machine that had power.",
  schema: z.strictObject({ kind: z.literal("crash"), ...commonFields, ...nodeFields }).superRefine(needsNodes),
  groups: (spec) => [nodesOf(spec)],
  outages: (spec) => outagesOf(spec, "down"),
  start: ({ cluster, groups, touch }) =>
    endAll(
      (groups[0] ?? []).flatMap((id) => {
        const startAgain = takeDown(cluster, id, "crash");
        if (startAgain === undefined) return [];
        touch();
        return [startAgain];
      }),
    ),
});
