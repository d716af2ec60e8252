import type { Micros, RecordId } from "../record.ts";

/**
 * What a record is to a failure. `decisive`: what the verdict names, and the message or timer whose handling made it. `cause`: on
 * the way back from there. `fault`: what the scenario did. `missing`: a message that did not arrive, and whose absence explains.
 */
export type WhyRole = "decisive" | "cause" | "fault" | "missing";

export interface WhyRecord {
  readonly index: RecordId;
  readonly role: WhyRole;
  /** Why it is told, in a few words: what it has to do with the record it explains. */
  readonly because: string;
  /** The record of the slice it led to; −1 for the violating record and what the verdict names beside it. */
  readonly explains: RecordId;
}

/** A fault in a slice. */
export interface WhyFault {
  readonly id: string;
  readonly kind: string;
  /** Whether the way back from the violation leads to it; otherwise it was in force there. */
  readonly isOnTheWay: boolean;
}

/** Why a rule was broken: at most {@link WHY_RECORDS_MAX} records, from the violation back to the faults. Plain data. */
export interface WhySlice {
  readonly violation: RecordId;
  /** When the rule was broken, which for a deadline is later than any record of it. */
  readonly time: Micros;
  /** In the order of the run. */
  readonly records: readonly WhyRecord[];
  /** In the order of their starts. */
  readonly faults: readonly WhyFault[];
  /** Records that belonged to it and had no room. */
  readonly left: number;
}

export const WHY_RECORDS_MAX = 40;
