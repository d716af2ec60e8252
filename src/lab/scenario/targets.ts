import { kindOf } from "../../sim/faults/registry.ts";
import type { Scenario } from "./model.ts";

/** Roles a fault's targets may name, for suggestions; `random(k)` and `program(NAME)` are more. */
export const ROLE_NAMES = ["leader", "any-follower", "followers", "minority", "majority", "all", "rest"] as const;

/** Whom an expectation is about. */
export type Who =
  | { readonly kind: "all" }
  | { readonly kind: "node"; readonly node: string }
  | { readonly kind: "group"; readonly fault: string; readonly index: number }
  | { readonly kind: "role"; readonly fault: string; readonly role: string }
  | { readonly kind: "not"; readonly who: Who };

/** Reads `n1`, `all`, `cut.group[1]`, `cut.leader`, `not cut.leader`. */
export function parseWho(text: string): Who {
  if (text.startsWith("not ")) return { kind: "not", who: parseWho(text.slice(4).trim()) };
  if (text === "all") return { kind: "all" };
  const dot = text.lastIndexOf(".");
  if (dot < 0) return { kind: "node", node: text };
  const fault = text.slice(0, dot);
  const rest = text.slice(dot + 1);
  const group = /^group\[(\d+)\]$/.exec(rest);
  return group === null ? { kind: "role", fault, role: rest } : { kind: "group", fault, index: Number(group[1]) };
}

/** Reads `cut.start`, `cut.stop`. */
export function parseMoment(text: string): { readonly fault: string; readonly phase: "start" | "stop" } | undefined {
  const match = /^(.+)\.(start|stop)$/.exec(text);
  return match === null ? undefined : { fault: match[1] as string, phase: match[2] as "start" | "stop" };
}

/** The groups of targets of a fault, as written: names and roles. */
export function targetsOf(fault: Scenario["faults"][number]): readonly (readonly string[])[] {
  return kindOf(fault).groups(fault);
}
