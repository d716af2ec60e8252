import { z } from "zod";
import { commonFields, defineFault, endAll, needsNodes, nodeFields, nodesOf } from "./fault.ts";
import { outagesOf, takeDown } from "./outage.ts";

export const wipe = defineFault({
  kind: "wipe",
  about:
    "Takes the power from nodes and puts an empty disk in place of theirs. Its end, if it has one, starts them again: the same ids, that " +
    "remember nothing. What a member of a group had promised is gone with its disk: a safe replacement is a change of membership.",
  touches: "A machine that had power, or a file that was on its disk.",
  schema: z.strictObject({ kind: z.literal("wipe"), ...commonFields, ...nodeFields }).superRefine(needsNodes),
  groups: (spec) => [nodesOf(spec)],
  outages: (spec) => outagesOf(spec, "down"),
  start: ({ cluster, groups, touch }) =>
    endAll(
      (groups[0] ?? []).flatMap((id) => {
        const startAgain = takeDown(cluster, id, "crash");
        touch(cluster.node(id).disk.wipe());
        if (startAgain === undefined) return [];
        touch();
        return [startAgain];
      }),
    ),
});
