/*
 * Lists of like objects as columns, and lists of texts as places in one list in which each stands once: what packs well.
 */

/** Shorter lists stay as they are. */
const TABLE_MIN = 16;

/** A list of objects with the same names, a column a name. */
interface Table {
  readonly rows: number;
  readonly byName: Readonly<Record<string, unknown>>;
}

// No object of ours has such a name.
const TABLE = "#table";
const PLACES = "#places";

/** Plain data with tables in place of its long lists, and every value of those lists once. */
export interface Tabled {
  readonly rest: unknown;
  readonly values: readonly unknown[];
}

/** Columns of integers stay what they are. */
export function toTables(data: unknown): Tabled {
  const places = new Map<unknown, number>();
  const placeOf = (value: unknown): number => {
    const known = places.get(value);
    if (known !== undefined) return known;
    places.set(value, places.size);
    return places.size - 1;
  };
  const walk = (value: unknown): unknown => {
    if (value === null || typeof value !== "object" || ArrayBuffer.isView(value)) return value;
    if (!Array.isArray(value))
      return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, walk(item)]));
    if (value.length < TABLE_MIN) return value.map(walk);
    if (value.every(Number.isSafeInteger)) return value;
    if (value.every(isScalar)) return { [PLACES]: value.map(placeOf) };
    const names = namesOf(value);
    if (names === undefined) return value.map(walk);
    const rows = value as Readonly<Record<string, unknown>>[];
    const byName = Object.fromEntries(names.map((name) => [name, walk(rows.map((row) => row[name]))]));
    return { [TABLE]: { rows: rows.length, byName } satisfies Table };
  };
  const rest = walk(data);
  return { rest, values: [...places.keys()] };
}

/** Names that all objects of a list have in the same order, each with nothing but scalars behind it. */
function namesOf(list: readonly unknown[]): readonly string[] | undefined {
  let common: readonly string[] | undefined;
  for (const item of list) {
    if (item === null || typeof item !== "object" || Array.isArray(item) || ArrayBuffer.isView(item)) return undefined;
    if (!Object.values(item).every(isScalar)) return undefined;
    const names = Object.keys(item);
    common ??= names;
    if (names.join() !== common.join()) return undefined;
  }
  return common;
}

function isScalar(value: unknown): boolean {
  return typeof value === "string" || typeof value === "boolean" || typeof value === "number";
}

/** The lists again. */
export function fromTables({ rest, values }: Tabled): unknown {
  const walk = (data: unknown): unknown => {
    if (data === null || typeof data !== "object" || ArrayBuffer.isView(data)) return data;
    if (Array.isArray(data)) return data.map(walk);
    const inner = data as Readonly<Record<string, unknown>>;
    const places = inner[PLACES] as ArrayLike<number> | undefined;
    if (places !== undefined) return Array.from(places, (place) => values[place]);
    const table = inner[TABLE] as Table | undefined;
    const named = Object.entries(table?.byName ?? inner).map(([name, value]) => [name, walk(value)] as const);
    if (table === undefined) return Object.fromEntries(named);
    return Array.from({ length: table.rows }, (_, row) =>
      Object.fromEntries(named.map(([name, column]) => [name, (column as ArrayLike<unknown>)[row]])),
    );
  };
  return walk(rest);
}
