import { z } from "zod";
import { commonFields, defineFault, endAll, needsNodes, nodeFields, nodesOf, startRange } from "./fault.ts";
import { outagesOf, takeDown } from "./outage.ts";
import { durationSchema } from "./units.ts";

const schema = z
  .strictObject({
    kind: z.literal("restart"),
    ...commonFields,
    ...nodeFields,
    how: z
      .enum(["crash", "kill", "start"])
      .default("crash")
      .describe("crash: power loss; kill: the process alone; start: starts what an earlier crash or kill left down."),
    down: durationSchema({ min: 1 }).optional().describe("How long they stay down; for crash and kill."),
  })
  .superRefine(needsNodes)
  .superRefine((spec, context) => {
    if ((spec.how === "start") === (spec.down === undefined)) return;
    const message = spec.how === "start" ? "no down for how: start" : "down: how long they stay down";
    context.addIssue({ code: "custom", message, path: spec.how === "start" ? ["down"] : [] });
  });

export const restart = defineFault({
  kind: "restart",
  about: "Takes nodes down and starts them again after a while; or starts nodes that are down. It ends with the start.",
  touches: "A node that was taken down, or with how: start one that was started.",
  schema,
  endsItself: true,
  groups: (spec) => [nodesOf(spec)],
  outages: (spec) => {
    const [earliest, latest] = startRange(spec);
    return spec.down === undefined ? [] : outagesOf(spec, "down", { from: latest, to: earliest + spec.down });
  },
  start: ({ cluster, groups, spec, touch, at, finish }) => {
    const nodes = groups[0] ?? [];
    const { how } = spec;
    const now = cluster.kernel.now;
    if (how === "start") {
      for (const id of nodes) if (cluster.restart(id)) touch();
      at(now, finish);
      return () => undefined;
    }
    const startAgain = endAll(
      nodes.flatMap((id) => {
        const start = takeDown(cluster, id, how);
        if (start === undefined) return [];
        touch();
        return [start];
      }),
    );
    at(now + (spec.down ?? 0), finish);
    return startAgain;
  },
});
