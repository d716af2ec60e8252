import type { Fields, Message, Plain } from "../../../trace/plain.ts";

/** An integer field; −1 when it is missing or something else. */
export function intOf(from: Fields | Message, key: string): number {
  const value: Plain | undefined = from[key];
  return typeof value === "number" ? value : -1;
}

/** A text field; `""` when it is missing or something else. */
export function textOf(from: Fields | Message, key: string): string {
  const value: Plain | undefined = from[key];
  return typeof value === "string" ? value : "";
}
