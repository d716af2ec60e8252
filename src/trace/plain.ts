/** Data that can be saved, sent to another process and read back. Structurally the same as the ports' types, which `trace` may not import. */
export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain };

/** Flat facts of an observation. */
export type Fields = Readonly<Record<string, string | number | boolean>>;

/** A message as the network saw it. */
export interface Message {
  readonly type: string;
  readonly [key: string]: Plain;
}

export type Outcome = "ok" | "fail" | "info";

/** Orders strings by code unit. Never `localeCompare`: its order depends on the machine. */
export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
