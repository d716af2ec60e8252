import { z } from "zod";
import { commonFields, defineFault, endAll } from "./fault.ts";
import { maySayNodes, serviceFields, servicesOf } from "./orders.ts";
import { durationSchema } from "./units.ts";

/** How far back a server can lose its writes, µs. */
const LOSE_MAX = 60_000_000;

export const redisFailover = defineFault({
  kind: "redis-failover",
  about:
    "Takes a Redis server away with the last of its writes, and nobody answers. Its end lets a replica serve under the same name, which has " +
    "every write but those, another run id and no connection of before.",
  touches: "A server that was running or paused.",
  schema: z
    .strictObject({
      kind: z.literal("redis-failover"),
      ...commonFields,
      ...serviceFields,
      lose: durationSchema()
        .default(1_000_000)
        .describe(
          "How long before its start writes began to miss the replica, in whole milliseconds of the server's clock; at most 1m.",
        ),
    })
    .superRefine(maySayNodes)
    .superRefine((spec, context) => {
      if (spec.lose > LOSE_MAX) context.addIssue({ code: "custom", message: "a duration up to 1m", path: ["lose"] });
    }),
  groups: (spec) => [servicesOf(spec, "redis")],
  start: ({ cluster, groups, spec, touch }) =>
    endAll(
      (groups[0] ?? []).flatMap((id) => {
        const server = cluster.node(id);
        if (!server.control({ type: "redis.failover", loseMs: Math.ceil(spec.lose / 1_000) })) return [];
        touch();
        // One that was started since serves already, and is told nothing new.
        return [() => server.control({ type: "redis.serve" })];
      }),
    ),
});
