import type { Micros, RecordId } from "../trace/record.ts";

/**
 * A link to a moment of a written page, with what is chosen there: as the page itself writes links.
 *
 * @param record  −1 for none.
 */
export function reportLink(
  page: string,
  { time, record }: { readonly time: Micros; readonly record: RecordId },
): string {
  return `${page}#t=${String(time)}${record < 0 ? "" : `&sel=e${String(record)}`}`;
}
