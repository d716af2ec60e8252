import { z } from "zod";
import type { Micros } from "../../trace/record.ts";
import { formatDuration, parseDuration } from "../../trace/units.ts";

const DURATION_TEXT = 'a duration with its unit, as "300ms", "10s" or "2h"';
const SHARE_TEXT = 'a share, as "0.1%" or "200ppm"';
const DURATION_PATTERN = "^[+-]?\\d+(\\.\\d+)?\\s*(us|µs|ms|s|min|m|h)$";
const SHARE = /^(\d+)(?:\.(\d{1,4}))?\s*(%|ppm)$/;
/** A year: longer than any run, and small enough for sums of several to stay safe integers. */
const DURATION_MAX: Micros = 366 * 86_400_000_000;
const MILLION = 1_000_000;
const BYTE_RATE_TEXT = 'a rate of bytes, as "64kB/s" or "1.5MB/s"';
const BYTE_RATE = /^(\d{1,6})(?:\.(\d{1,3}))?\s*(B|kB|MB)\/s$/;
const UNIT_BYTES = { B: 1, kB: 1_000, MB: 1_000_000 } as const;

/**
 * A duration in text with its unit; integer µs inside. Both ways, so that a parsed fault can be written down again.
 *
 * @param options.min Smallest value, µs; default 0. The largest is 366 days.
 */
export function durationSchema(options: { readonly min?: Micros } = {}): z.ZodCodec<z.ZodString, z.ZodNumber> {
  const min = options.min ?? 0;
  const written = z
    .string({ error: DURATION_TEXT })
    .meta({ pattern: DURATION_PATTERN, description: "A duration with its unit: 250ms, 1.5s, 2m, 1h." });
  return z.codec(written, z.number(), {
    decode: (text, context) => {
      const micros = parseDuration(text);
      if (micros !== undefined && micros >= min && micros <= DURATION_MAX) return micros;
      const message = micros === undefined ? DURATION_TEXT : `a duration from ${formatDuration(min)} to 366 days`;
      context.issues.push({ code: "custom", input: text, message, params: { code: "SCENARIO_DURATION" } });
      return z.NEVER;
    },
    encode: formatDuration,
  });
}

/** A share in text (`0.1%`, `200ppm`); integer parts per million, 0…1,000,000, inside. */
export function shareSchema(): z.ZodCodec<z.ZodString, z.ZodNumber> {
  const written = z
    .string({ error: SHARE_TEXT })
    .meta({ pattern: SHARE.source, description: "A share: 0.1% or 200ppm." });
  return z.codec(written, z.number(), {
    decode: (text, context) => {
      const ppm = parseShare(text);
      if (ppm !== undefined) return ppm;
      const message = `${SHARE_TEXT}, at most 100%`;
      context.issues.push({ code: "custom", input: text, message, params: { code: "SCENARIO_SHARE" } });
      return z.NEVER;
    },
    encode: (ppm) => (ppm % 10_000 === 0 ? `${String(ppm / 10_000)}%` : `${String(ppm)}ppm`),
  });
}

/** A rate of bytes in text (`64kB/s`); integer bytes a second, from 1, inside. */
export function byteRateSchema(): z.ZodCodec<z.ZodString, z.ZodNumber> {
  const written = z
    .string({ error: BYTE_RATE_TEXT })
    .meta({ pattern: BYTE_RATE.source, description: "Bytes a second: 500B/s, 64kB/s or 1.5MB/s." });
  return z.codec(written, z.number(), {
    decode: (text, context) => {
      const rate = parseByteRate(text);
      if (rate !== undefined && rate >= 1) return rate;
      context.issues.push({ code: "custom", input: text, message: BYTE_RATE_TEXT });
      return z.NEVER;
    },
    encode: (rate) => {
      const unit = rate % UNIT_BYTES.MB === 0 ? "MB" : rate % UNIT_BYTES.kB === 0 ? "kB" : "B";
      return `${String(rate / UNIT_BYTES[unit])}${unit}/s`;
    },
  });
}

function parseByteRate(text: string): number | undefined {
  const match = BYTE_RATE.exec(text.trim());
  if (match === null) return undefined;
  const [, whole, fraction = "", unit] = match;
  const bytes = UNIT_BYTES[unit as keyof typeof UNIT_BYTES];
  if (bytes === 1 && fraction !== "") return undefined;
  return Number(whole) * bytes + (Number(fraction.padEnd(3, "0")) * bytes) / 1_000;
}

function parseShare(text: string): number | undefined {
  const match = SHARE.exec(text.trim());
  if (match === null) return undefined;
  const [, whole, fraction = "", unit] = match;
  const ppm = unit === "%" ? Number(whole) * 10_000 + Number(fraction.padEnd(4, "0")) : Number(whole);
  return ppm <= MILLION && (unit === "%" || fraction === "") ? ppm : undefined;
}
