/** What a link to a place in the report says: everything a reader needs to see the same. */
export interface Place {
  readonly time: number;
  readonly from: number;
  readonly to: number;
  /** −1 for none. */
  readonly record: number;
  readonly query: string;
  readonly isByOrder: boolean;
  /** By the stamps of hybrid clocks. */
  readonly isByHlc?: boolean;
}

/** The part of the address behind `#`: times in µs, the record by its number in the trace. */
export function hashOf({ time, from, to, record, query, isByOrder, isByHlc }: Place): string {
  const parts = [`t=${String(time)}`, `z=${String(Math.round(from))}-${String(Math.round(to))}`];
  if (record >= 0) parts.push(`sel=e${String(record)}`);
  if (query !== "") parts.push(`f=${encodeURIComponent(query)}`);
  if (isByHlc === true) parts.push("x=hlc");
  else if (isByOrder) parts.push("x=order");
  return `#${parts.join("&")}`;
}

/** What an address says of a place; what it leaves out, or says in another way, is left out. */
export function placeOf(hash: string): Partial<Place> {
  const part = (name: string): string => new RegExp(`[#&]${name}=([^&]*)`).exec(hash)?.[1] ?? "";
  const time = /^\d{1,16}$/.exec(part("t"));
  const seconds = /^(\d{1,9}(?:\.\d{1,6})?)s$/.exec(part("t"));
  const window = /^(\d{1,16})-(\d{1,16})$/.exec(part("z"));
  const record = /^e(\d{1,10})$/.exec(part("sel"));
  return {
    ...(time === null ? {} : { time: Number(time[0]) }),
    ...(seconds === null ? {} : { time: Math.round(Number(seconds[1]) * 1_000_000) }),
    ...(window === null ? {} : { from: Number(window[1]), to: Number(window[2]) }),
    ...(record === null ? {} : { record: Number(record[1]) }),
    query: decoded(part("f")),
    isByOrder: part("x") === "order",
    ...(part("x") === "hlc" ? { isByHlc: true } : {}),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
