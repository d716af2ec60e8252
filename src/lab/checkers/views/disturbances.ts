import type { FaultRecord, Micros } from "../../../trace/record.ts";
import { parseDuration } from "../../../trace/units.ts";
import { textOf } from "./fields.ts";

/** What a fault does to the rules about liveness. */
export type Disturbance = "none" | "network" | "nodes";

// Visible to checkers as links, processes and clock rates, or without any bearing on who can reach whom in time.
const NONE = new Set(
  (
    "partition flap crash kill restart restart-loop rolling-restart pause wipe drift skew step strobe freeze smear leap-second " +
    "wrong-at-boot duplicate release bit-rot order " +
    "disk-lose-unsynced disk-torn-write shared-disk redis-down"
  ).split(" "),
);
const NETWORK = new Set("delay jitter reorder loss burst-loss bandwidth queue-limit blackhole hold corrupt".split(" "));
/** What the bounds on time allow for: delay and jitter up to one heartbeat, loss up to 2 %. */
const MILD_LOSS_PERCENT = 2;
/** An OFD that takes so long is slow, and well: far below the time that a call may take. */
export const MILD_OFD_DELAY: Micros = 500_000;

/**
 * Whether bounds on time still hold while this fault is on. Unknown kinds and kinds that change how fast or how surely things
 * happen disturb; what they disturb are the nodes they named, or everything.
 *
 * @param heartbeat The shortest heartbeat interval of any member.
 */
export function disturbanceOf(start: FaultRecord, heartbeat: Micros): { kind: Disturbance; nodes: readonly string[] } {
  const kind = textOf(start.fields["kind"]);
  const nodes = nodesOf(textOf(start.fields["groups"]));
  if (NONE.has(kind) || isMild(kind, textOf(start.fields["spec"]), heartbeat)) return { kind: "none", nodes };
  if (NETWORK.has(kind) || nodes.length === 0) return { kind: "network", nodes };
  return { kind: "nodes", nodes };
}

/** Nodes whose CPU this fault makes slow: they do what is due, and later than it is due. */
export function slowedBy(start: FaultRecord): readonly string[] {
  return textOf(start.fields["kind"]) === "slow" ? nodesOf(textOf(start.fields["groups"])) : [];
}

function isMild(kind: string, text: string, heartbeat: Micros): boolean {
  if (text === "") return false;
  const spec = JSON.parse(text) as Readonly<Record<string, unknown>>;
  if (kind === "loss") return percentOf(spec["rate"]) <= MILD_LOSS_PERCENT;
  if (kind === "ofd-slow") return durationOf(spec["by"]) <= MILD_OFD_DELAY;
  const extra = kind === "delay" ? spec["by"] : kind === "jitter" ? spec["upTo"] : undefined;
  return durationOf(extra) <= heartbeat;
}

/** A duration as it is written (`80ms`). */
function durationOf(text: unknown): Micros {
  return (typeof text === "string" ? parseDuration(text) : undefined) ?? Infinity;
}

/** A share as it is written (`2%`). */
function percentOf(share: unknown): number {
  return typeof share === "string" && share.endsWith("%") ? Number(share.slice(0, -1)) : Infinity;
}

function nodesOf(groups: string): readonly string[] {
  if (groups === "") return [];
  return (JSON.parse(groups) as string[][]).flat();
}
