import type { FaultRecord } from "../../../trace/record.ts";
import { textOf } from "./fields.ts";

/** What a fault does to the rules about liveness. */
export type Disturbance = "none" | "network" | "nodes";

// Visible to checkers as links, processes and clock rates, or without any bearing on who can reach whom in time.
const NONE = new Set(
  (
    "partition flap crash kill restart restart-loop rolling-restart pause wipe drift skew step strobe freeze smear leap-second " +
    "wrong-at-boot duplicate reorder lose-unsynced torn-write"
  ).split(" "),
);
const NETWORK = new Set("delay jitter loss burst-loss bandwidth queue-limit blackhole hold corrupt".split(" "));

/**
 * Whether bounds on time still hold while this fault is on. Unknown kinds and kinds that change how fast or how surely things
 * happen disturb; what they disturb are the nodes they named, or everything.
 */
export function disturbanceOf(start: FaultRecord): { kind: Disturbance; nodes: readonly string[] } {
  const kind = textOf(start.fields, "kind");
  const nodes = nodesOf(textOf(start.fields, "groups"));
  const plain = kind === "disk" ? effectOf(textOf(start.fields, "spec")) : kind;
  if (NONE.has(plain)) return { kind: "none", nodes };
  if (NETWORK.has(plain) || nodes.length === 0) return { kind: "network", nodes };
  return { kind: "nodes", nodes };
}

function nodesOf(groups: string): readonly string[] {
  if (groups === "") return [];
  return (JSON.parse(groups) as string[][]).flat();
}

function effectOf(spec: string): string {
  if (spec === "") return "";
  const effect = (JSON.parse(spec) as { readonly effect?: unknown }).effect;
  return typeof effect === "string" ? effect : "";
}
