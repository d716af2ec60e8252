import { z } from "zod";
import { commonFields, defineFault, needsNodes, nodeFields, nodesOf, startRange } from "./fault.ts";
import { outagesOf, takeDown } from "./outage.ts";
import { isRole } from "./targets.ts";
import { durationSchema } from "./units.ts";

const schema = z
  .strictObject({
    kind: z.literal("rolling-restart"),
    ...commonFields,
    ...nodeFields,
    how: z.enum(["crash", "kill"]).default("crash").describe("crash: power loss; kill: the process alone."),
    down: durationSchema({ min: 1 }).describe("How long each stays down."),
    gap: durationSchema().describe("How long all are up between one and the next."),
  })
  .superRefine(needsNodes);

export const rollingRestart = defineFault({
  kind: "rolling-restart",
  about: "Takes nodes down and starts them again, one after the other. It ends when the last one is started.",
  touches: "A node that was taken down.",
  schema,
  endsItself: true,
  groups: (spec) => [nodesOf(spec)],
  outages: (spec) => {
    const [earliest, latest] = startRange(spec);
    const targets = nodesOf(spec);
    // A role may mean several nodes, so that nobody after it has a certain time.
    const known = targets.findIndex(isRole);
    return targets.slice(0, known < 0 ? targets.length : known).flatMap((node, i) => {
      const offset = i * (spec.down + spec.gap);
      return outagesOf({ ...spec, nodes: [node] }, "down", {
        from: latest + offset,
        to: earliest + offset + spec.down,
      });
    });
  },
  start: ({ cluster, groups, spec, touch, at, finish }) => {
    const nodes = groups[0] ?? [];
    let startAgain: (() => void) | undefined;
    const next = (index: number): void => {
      const id = nodes[index];
      if (id === undefined) {
        finish();
        return;
      }
      startAgain = takeDown(cluster, id, spec.how);
      if (startAgain !== undefined) touch();
      const up = cluster.kernel.now + spec.down;
      at(up, () => {
        startAgain?.();
        startAgain = undefined;
        if (index + 1 >= nodes.length) finish();
        else at(up + spec.gap, () => next(index + 1));
      });
    };
    if (nodes.length === 0) at(cluster.kernel.now, finish);
    else next(0);
    return () => startAgain?.();
  },
});
