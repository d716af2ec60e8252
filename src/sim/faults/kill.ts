import { z } from "zod";
import { commonFields, defineFault, endAll, needsNodes, nodeFields, nodesOf } from "./fault.ts";
import { outagesOf, takeDown } from "./outage.ts";

export const kill = defineFault({
  kind: "kill",
  about: "Ends processes at once; the machine and its page cache live on. Its end, if it has one, starts them again.",
  touches: "A process that was running or paused.",
  schema: z.strictObject({ kind: z.literal("kill"), ...commonFields, ...nodeFields }).superRefine(needsNodes),
  groups: (spec) => [nodesOf(spec)],
  outages: (spec) => outagesOf(spec, "down"),
  start: ({ cluster, groups, touch }) =>
    endAll(
      (groups[0] ?? []).flatMap((id) => {
        const startAgain = takeDown(cluster, id, "kill");
        if (startAgain === undefined) return [];
        touch();
        return [startAgain];
      }),
    ),
});
