import { z } from "zod";
import { commonFields, defineFault, endAll, needsNodes, nodeFields, nodesOf } from "./fault.ts";
import { outagesOf } from "./outage.ts";

export const pause = defineFault({
  kind: "pause",
  about:
    "Stops processes as SIGSTOP does: they fire nothing and hear nothing, their clocks run on. Its end lets everything due arrive late, in order.",
  touches: "A process that was running.",
  schema: z.strictObject({ kind: z.literal("pause"), ...commonFields, ...nodeFields }).superRefine(needsNodes),
  groups: (spec) => [nodesOf(spec)],
  outages: (spec) => outagesOf(spec, "paused"),
  start: ({ cluster, groups, touch }) =>
    endAll(
      (groups[0] ?? []).flatMap((id) => {
        const node = cluster.node(id);
        if (!cluster.pause(id)) return [];
        touch();
        const { incarnation } = node;
        return [
          () => {
            if (node.incarnation === incarnation) cluster.resume(id);
          },
        ];
      }),
    ),
});
