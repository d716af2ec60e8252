import type { Micros, StateRecord } from "../../trace/record.ts";
import type { MemberSettings } from "./cluster.ts";
import { intOf, textOf } from "./views/fields.ts";

/** What a transient state waits for, beside the time of its own node. */
export type Waits =
  /** Nothing but its own timers. */
  | "alone"
  /** Its own disk, which must be well. */
  | "disk"
  /** A leader that is connected with the others, and with it. */
  | "leader"
  /** The primary that it names, writable and within reach. */
  | "primary";

/** A state that no member may stay in for long. */
export interface Transient {
  readonly key: string;
  readonly value: string;
  readonly waits: Waits;
  /** The longest it may last while what it waits for is there, ms of the member's own clock. */
  limitMs(settings: MemberSettings): number;
  /** What tells one stay from the next where the value is the same. */
  stayOf?(record: StateRecord): string;
}

/** Snapshots, and the answers of a primary: the bound of reintegration. */
const T_REINTEGRATE_MS = 5_000;
/** Steps of an orderly end, each of which is left to itself after a second. */
const SHUTDOWN_STEPS_MS = 6 * 1_000;

/** From a detection to the fence that holds: D_max of the coordinator. */
function detectionToFenceMs({ electionTimeoutMs }: MemberSettings): number {
  return 2 * electionTimeoutMs + 200;
}

/** The transient states of an `ha-node`, with their bounds. */
export const TRANSIENTS: readonly Transient[] = [
  {
    ...{ key: "role", value: "candidate", waits: "alone" },
    // The timer of a campaign is below 2·ET, and one that a pause made late is armed once more.
    limitMs: ({ electionTimeoutMs }) => 2 * electionTimeoutMs,
    stayOf: (record) => String(intOf(record.fields["term"])),
  },
  {
    ...{ key: "role", value: "pre-candidate", waits: "leader" },
    limitMs: ({ electionTimeoutMs }) => 10 * electionTimeoutMs,
  },
  {
    ...{ key: "coordinator", value: "split_brain_detected", waits: "alone" },
    // What takes longer is called failed at one of the polls after that.
    limitMs: (settings) => detectionToFenceMs(settings) + 4 * settings.pollMs,
  },
  { ...{ key: "fence", value: "fencing", waits: "disk" }, limitMs: detectionToFenceMs },
  {
    // A snapshot of the log, in pieces; nobody waits for a leader that sends no more.
    ...{ key: "snapshot", value: "installing", waits: "leader" },
    limitMs: () => T_REINTEGRATE_MS,
    stayOf: (record) => `${textOf(record.fields["from"])} ${String(intOf(record.fields["index"]))}`,
  },
  { ...{ key: "replica", value: "restoring", waits: "disk" }, limitMs: () => T_REINTEGRATE_MS },
  {
    ...{ key: "replica", value: "asking", waits: "primary" },
    limitMs: () => T_REINTEGRATE_MS,
    stayOf: (record) => `${textOf(record.fields["primary"])} ${String(intOf(record.fields["epoch"]))}`,
  },
  { ...{ key: "shutdown", value: "under-way", waits: "alone" }, limitMs: () => SHUTDOWN_STEPS_MS },
  // Kept by the checker itself: a transfer is told in points.
  { ...{ key: "transfer", value: "running", waits: "alone" }, limitMs: ({ electionTimeoutMs }) => electionTimeoutMs },
];

/** A stay of one member in one transient state. */
export interface Stay {
  readonly transient: Transient;
  /** What {@link Transient.stayOf} says. */
  readonly name: string;
  readonly since: Micros;
  readonly record: StateRecord["id"];
  /** Whom a replica asks. */
  readonly primary: string;
}
