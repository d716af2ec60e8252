import { z } from "zod";
import { commonFields, defineFault } from "./fault.ts";
import { maySayNodes, orderNodes, serviceFields, servicesOf } from "./orders.ts";
import { durationSchema } from "./units.ts";

export const redisSlow = defineFault({
  kind: "redis-slow",
  about:
    "Lets a Redis server hold back each answer; the command takes effect when it arrives. Its end lets it answer at once what arrives from " +
    "then on.",
  touches: "An answer that was held back.",
  schema: z
    .strictObject({
      kind: z.literal("redis-slow"),
      ...commonFields,
      ...serviceFields,
      by: durationSchema({ min: 1_000 }).describe("How long, in whole milliseconds of its own clock."),
    })
    .superRefine(maySayNodes),
  groups: (spec) => [servicesOf(spec, "redis")],
  start: (context) => {
    const byMs = Math.ceil(context.spec.by / 1_000);
    return orderNodes(context, {
      order: { type: "redis.slow", byMs },
      normal: { type: "redis.slow", byMs: 0 },
      point: "redis.hold",
      isTouch: (record) => record.fields["byMs"] === byMs,
    });
  },
});
