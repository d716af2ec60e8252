import { z } from "zod";
import { commonFields, defineFault, endAll, needsNodes, nodeFields, nodesOf, startRange } from "./fault.ts";
import { outagesOf, takeDown } from "./outage.ts";
import { drawSpan, isTurnedRound, RANGE_TEXT, spanSchema } from "./spans.ts";

const schema = z
  .strictObject({
    kind: z.literal("restart-loop"),
    ...commonFields,
    ...nodeFields,
    how: z.enum(["crash", "kill"]).default("kill").describe("crash: power loss; kill: the process alone."),
    up: spanSchema.describe("How long a process lives."),
    down: spanSchema.describe("How long it is until the next one starts."),
  })
  .superRefine(needsNodes)
  .superRefine((spec, context) => {
    for (const key of ["up", "down"] as const)
      if (isTurnedRound(spec[key])) context.addIssue({ code: "custom", message: RANGE_TEXT, path: [key] });
  });

export const restartLoop = defineFault({
  kind: "restart-loop",
  about: "Takes nodes down soon after each start, again and again, down first. Its end starts them, and they stay up.",
  touches: "A node that was taken down.",
  schema,
  groups: (spec) => [nodesOf(spec)],
  outages: (spec) => {
    const [earliest, latest] = startRange(spec);
    const down = typeof spec.down === "number" ? spec.down : spec.down.min;
    return outagesOf(spec, "down", { from: latest, to: earliest + down });
  },
  start: ({ cluster, groups, spec, stream, touch, at }) =>
    endAll(
      (groups[0] ?? []).map((id) => {
        const random = stream(id);
        let startAgain: (() => void) | undefined;
        const cycle = (): void => {
          startAgain = takeDown(cluster, id, spec.how);
          if (startAgain !== undefined) touch();
          const up = cluster.kernel.now + drawSpan(spec.down, random);
          const next = up + drawSpan(spec.up, random);
          at(up, () => {
            startAgain?.();
            startAgain = undefined;
            at(next, cycle);
          });
        };
        cycle();
        return () => startAgain?.();
      }),
    ),
});
