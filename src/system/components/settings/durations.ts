const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h)/g;

/**
 * Reads a duration as Go writes it, which is how LiteFS does (`1h`, `1h30m`, `500ms`).
 *
 * @returns integer ms > 0; `undefined` when it is none.
 */
export function parseDuration(text: string): number | undefined {
  const parts = [...text.matchAll(PART)];
  if (parts.map(([part]) => part).join("") !== text) return undefined;
  const ms = parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNIT_MS[unit as string] as number), 0);
  const rounded = Math.floor(ms);
  return rounded > 0 && Number.isSafeInteger(rounded) ? rounded : undefined;
}
