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

/** The value that a quorum of `values` reaches: the quorum-th largest. `values` holds one number for each voter. */
export function quorumValue(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => b - a);
  return sorted[majorityOf(values.length) - 1] as number;
}
