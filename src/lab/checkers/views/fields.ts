import type { Plain } from "../../../trace/plain.ts";

// The caller reads the field itself: where one function read them all, the runtime would have to look each up by its name.

/** A field's integer; −1 when it is missing or something else. */
export function intOf(value: Plain | undefined): number {
  return typeof value === "number" ? value : -1;
}

/** A field's text; `""` when it is missing or something else. */
export function textOf(value: Plain | undefined): string {
  return typeof value === "string" ? value : "";
}
