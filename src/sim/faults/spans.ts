import { z } from "zod";
import type { Micros } from "../../trace/record.ts";
import type { RngStream } from "../kernel/rng.ts";
import { durationSchema } from "./units.ts";

const positive = durationSchema({ min: 1 });

/** How long something takes each time: always the same, or drawn anew. */
export const spanSchema = z.union([positive, z.strictObject({ min: positive, max: positive })], {
  error: 'a duration as "300ms", or { min, max } between which each cycle draws',
});
export type Span = z.output<typeof spanSchema>;

/** What a span must be whose two ends are given. */
export const RANGE_TEXT = "a range whose min is not above its max";

export function isTurnedRound(span: Span | undefined): boolean {
  return typeof span === "object" && span.min > span.max;
}

export function drawSpan(span: Span, random: RngStream): Micros {
  return typeof span === "number" ? span : random.integer(span.min, span.max);
}
