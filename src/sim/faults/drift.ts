import { z } from "zod";
import { PPM_LIMIT } from "../clock/node-clock.ts";
import { commonFields, defineFault, needsNodes, nodeFields, nodesOf } from "./fault.ts";

export const drift = defineFault({
  kind: "drift",
  about:
    "Lets machines' clocks run fast or slow, monotonic and wall. Its end restores the rate; what was gained stays.",
  touches: "A node that was up at the start or at the end.",
  schema: z
    .strictObject({
      kind: z.literal("drift"),
      ...commonFields,
      ...nodeFields,
      ppm: z
        .int({ error: "an integer of parts per million" })
        .min(-PPM_LIMIT)
        .max(PPM_LIMIT)
        .describe("What the clocks gain, parts per million; they lose when negative. Adds to what they drift already."),
    })
    .superRefine(needsNodes),
  groups: (spec) => [nodesOf(spec)],
  start: ({ cluster, groups, spec, touch }) => {
    const nodes = (groups[0] ?? []).map((id) => cluster.node(id));
    const touched = new Set<string>();
    const setRates = (ppm: number): void => {
      for (const node of nodes) {
        if (node.state !== "down" && !touched.has(node.id)) {
          touched.add(node.id);
          touch();
        }
        node.clock.setRate(cluster.kernel.now, node.clock.ppm + ppm);
      }
    };
    setRates(spec.ppm);
    return () => {
      setRates(-spec.ppm);
    };
  },
});
