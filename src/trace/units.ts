import type { Micros } from "./record.ts";

const UNITS: Readonly<Record<string, number>> = {
  us: 1,
  µs: 1,
  ms: 1_000,
  s: 1_000_000,
  m: 60_000_000,
  min: 60_000_000,
  h: 3_600_000_000,
};
const DURATION = /^([+-]?)(\d+)(?:\.(\d+))?\s*(us|µs|ms|s|min|m|h)$/;

/**
 * Reads a duration with its unit (`250ms`, `1.5s`, `2m`, `-1h`).
 *
 * @returns Integer microseconds, rounded towards zero; `undefined` when the text is not a duration.
 */
export function parseDuration(text: string): Micros | undefined {
  const match = DURATION.exec(text.trim());
  if (match === null) return undefined;
  const [, sign, whole, fraction = "", unit] = match;
  const scale = UNITS[unit as string] as number;
  let micros = Number(whole) * scale;
  if (fraction !== "") {
    const digits = fraction.slice(0, 9);
    let divisor = 1;
    for (let i = 0; i < digits.length; i++) divisor *= 10;
    micros += Math.floor((Number(digits) * scale) / divisor);
  }
  if (!Number.isSafeInteger(micros)) return undefined;
  return sign === "-" ? -micros : micros;
}

/** Seconds with three decimals, as every time in story, console and report is written: `12.408 s`. */
export function formatSeconds(micros: Micros): string {
  const negative = micros < 0;
  const millis = Math.floor(Math.abs(micros) / 1_000);
  const text = `${String(Math.floor(millis / 1_000))}.${String(millis % 1_000).padStart(3, "0")} s`;
  return negative ? `−${text}` : text;
}

/** The shortest exact spelling that {@link parseDuration} reads back: `1500ms` → `1500ms`, 10_000_000 → `10s`. */
export function formatDuration(micros: Micros): string {
  const sign = micros < 0 ? "-" : "";
  const value = Math.abs(micros);
  for (const unit of ["h", "m", "s", "ms"] as const) {
    const scale = UNITS[unit] as number;
    if (value >= scale && value % scale === 0) return `${sign}${String(value / scale)}${unit}`;
  }
  return `${sign}${String(value)}us`;
}
