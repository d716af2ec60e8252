import { byCodeUnit, type Plain } from "../../trace/plain.ts";

/** JSON whose bytes depend on the content alone: keys by code unit, two spaces, a line end. */
export function canonicalJson(value: unknown): string {
  return `${JSON.stringify(sorted(JSON.parse(JSON.stringify(value)) as Plain), undefined, 2)}\n`;
}

function sorted(value: Plain): Plain {
  if (Array.isArray(value)) return (value as readonly Plain[]).map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => byCodeUnit(a, b));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
