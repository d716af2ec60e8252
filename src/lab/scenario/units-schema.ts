import { z } from "zod";
import { durationSchema } from "../../sim/faults/units.ts";
import type { Micros } from "../../trace/record.ts";
import { parseDuration } from "../../trace/units.ts";

const RATE_TEXT = 'a rate with its unit, as "50/s" or "6/min"';

/** Events over a span of time. */
export interface Rate {
  readonly count: number;
  readonly per: Micros;
}

const RATE = /^(\d+)\s*\/\s*(ms|s|min|m|h)$/;

/** `50/s`. */
export const rateSchema = z
  .string({ error: RATE_TEXT })
  .meta({ pattern: RATE.source, description: "A rate with its unit: 50/s, 6/min." })
  .transform((text, context): Rate => {
    const match = RATE.exec(text.trim());
    const count = Number(match?.[1] ?? 0);
    const per = match === null ? undefined : parseDuration(`1${match[2] as string}`);
    if (per !== undefined && count > 0 && count <= 1_000_000) return { count, per };
    context.addIssue({ code: "custom", message: RATE_TEXT, params: { code: "SCENARIO_RATE" } });
    return z.NEVER;
  });

const positive = durationSchema({ min: 1 });
const constantLatency = z.strictObject({ constant: durationSchema() });
const uniformLatency = z.strictObject({ uniform: z.strictObject({ min: durationSchema(), max: durationSchema() }) });
const logNormalLatency = z.strictObject({ logNormal: z.strictObject({ median: positive, p99: positive }) });
const heavyTailLatency = z.strictObject({
  heavyTail: z.strictObject({ min: positive, median: positive, max: positive }),
});

/** How long something takes: `{ constant: 2ms }` or a distribution; all µs inside. */
export const latencySchema = z
  .union([constantLatency, uniformLatency, logNormalLatency, heavyTailLatency])
  .superRefine((spec, context) => {
    const bad = (message: string): void => {
      context.addIssue({ code: "custom", message, params: { code: "SCENARIO_LATENCY" } });
    };
    if ("uniform" in spec && spec.uniform.min > spec.uniform.max) bad("a latency whose min is not above its max");
    if ("logNormal" in spec && spec.logNormal.median > spec.logNormal.p99)
      bad("a latency whose median is not above its p99");
    if (
      "heavyTail" in spec &&
      !(spec.heavyTail.min <= spec.heavyTail.median && spec.heavyTail.median <= spec.heavyTail.max)
    )
      bad("a latency with min ≤ median ≤ max");
  })
  .meta({ id: "Latency", description: "How long something takes: a constant or a distribution." });
