import { majorityOf } from "./raft-config.ts";

/** What a leader knows of one follower. */
export class Progress {
  /** Highest index known to be durable there. */
  matchIndex = 0;
  /** Next index to send. */
  nextIndex: number;
  /** Newest send time (leader's clock) of a message it answered; −1 before the first. */
  ackedSentAtMs = -1;
  /** Appends sent and not yet answered. */
  inFlight = 0;
  /** When the last append was sent. */
  appendSentAtMs = 0;
  /** Whether it is not known where the logs agree: then one append at a time, until one fits. */
  isProbing = true;
  /** When the present probe was sent; rejections of anything older say nothing new. */
  probeSentAtMs = 0;

  constructor(nextIndex: number) {
    this.nextIndex = nextIndex;
  }

  /** Takes everything under way for lost and goes on from `nextIndex`, carefully. */
  probe(nextIndex: number): void {
    this.nextIndex = nextIndex;
    this.inFlight = 0;
    this.isProbing = true;
  }
}

/** The value that a quorum of `values` reaches: the quorum-th largest. `values` holds one number for each voter; it is put in order. */
export function quorumValue(values: number[]): number {
  // By insertion, largest first: groups are small, and this runs for every answer.
  for (let i = 1; i < values.length; i++) {
    const value = values[i] as number;
    let at = i;
    for (; at > 0 && (values[at - 1] as number) < value; at--) values[at] = values[at - 1] as number;
    values[at] = value;
  }
  return values[majorityOf(values.length) - 1] as number;
}
