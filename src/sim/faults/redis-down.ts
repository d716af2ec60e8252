import { z } from "zod";
import { commonFields, defineFault, endAll } from "./fault.ts";
import { maySayNodes, serviceFields, servicesOf } from "./orders.ts";
import { outagesOf, takeDown } from "./outage.ts";

export const redisDown = defineFault({
  kind: "redis-down",
  about:
    "Ends a Redis server, which keeps nothing on disk: every lock and every fencing number is forgotten. Its end starts it again, empty. " +
    "A server that comes back with its memory is a `redis-failover` with `lose: 0s`.",
  touches: "A server that was running or paused.",
  schema: z.strictObject({ kind: z.literal("redis-down"), ...commonFields, ...serviceFields }).superRefine(maySayNodes),
  groups: (spec) => [servicesOf(spec, "redis")],
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
