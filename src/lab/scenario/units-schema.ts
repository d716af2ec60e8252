import { z } from "zod";
import type { Micros } from "../../trace/record.ts";
import { parseDuration } from "../../trace/units.ts";

const DURATION_TEXT = 'a duration with its unit, as "300ms", "10s" or "2h"';
const RATE_TEXT = 'a rate with its unit, as "50/s" or "6/min"';
const SHARE_TEXT = 'a share, as "0.1%" or "200ppm"';

/** A duration in text with a unit; integer µs inside. A bare number is an error. */
export function durationSchema(
  options: { min?: Micros; max?: Micros } = {},
): z.ZodPipe<z.ZodString, z.ZodTransform<Micros, string>> {
  const min = options.min ?? 0;
  const max = options.max ?? 366 * 86_400_000_000;
  return z
    .string({ error: DURATION_TEXT })
    .meta({
      pattern: "^[+-]?\\d+(\\.\\d+)?\\s*(us|µs|ms|s|min|m|h)$",
      description: "A duration with its unit: 250ms, 1.5s, 2m, 1h.",
    })
    .transform((text, context) => {
      const micros = parseDuration(text);
      if (micros !== undefined && micros >= min && micros <= max) return micros;
      context.addIssue({
        code: "custom",
        message:
          micros === undefined ? DURATION_TEXT : min > 0 ? "a duration above zero" : "a duration that is not negative",
        params: { code: "SCENARIO_DURATION" },
      });
      return z.NEVER;
    });
}

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

const SHARE = /^(\d+)(?:\.(\d+))?\s*(%|ppm)$/;

/** Reads `0.1%` or `200ppm` as integer parts per million, 0…1,000,000. */
export function parseShare(text: string): number | undefined {
  const match = SHARE.exec(text.trim());
  if (match === null) return undefined;
  const scale = match[3] === "%" ? 10_000 : 1;
  const fraction = (match[2] ?? "").slice(0, 4);
  let divisor = 1;
  for (let i = 0; i < fraction.length; i++) divisor *= 10;
  const ppm = Number(match[1]) * scale + Math.floor((Number(fraction === "" ? "0" : fraction) * scale) / divisor);
  return ppm <= 1_000_000 ? ppm : undefined;
}

/** `0.1%`; parts per million inside. */
export const shareSchema = z
  .string({ error: SHARE_TEXT })
  .meta({ pattern: SHARE.source, description: "A share: 0.1% or 200ppm." })
  .transform((text, context) => {
    const ppm = parseShare(text);
    if (ppm !== undefined) return ppm;
    context.addIssue({ code: "custom", message: `${SHARE_TEXT}, at most 100%`, params: { code: "SCENARIO_SHARE" } });
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
