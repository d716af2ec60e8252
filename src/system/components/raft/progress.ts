import type { SnapshotSender } from "./snapshot-sender.ts";

/** What a leader knows of one other member. */
export class Progress {
  /** The disk it answers from; with another one, nothing known before holds. */
  readonly disk: string;
  /** Highest index known to be durable there. */
  matchIndex = 0;
  /** Next index to send. */
  nextIndex: number;
  /** Newest send time (leader's clock) of a message it answered; −1 before the first. */
  ackedSentAtMs = -1;
  /** Newest round of reads it answered. */
  ackedRound = 0;
  /** Appends sent and not yet answered. */
  inFlight = 0;
  /** When the last append was sent. */
  appendSentAtMs = 0;
  /** Whether it is not known where the logs agree: then one append at a time, until one fits. */
  isProbing = true;
  /** When the present probe was sent; rejections of anything older say nothing new. */
  probeSentAtMs = 0;
  #probedIndex = 1;
  /** What it is sent while it lacks entries that the log has no more. */
  snapshot: SnapshotSender | undefined;

  constructor(nextIndex: number, disk: string) {
    this.nextIndex = nextIndex;
    this.disk = disk;
  }

  /** Everything up to `index` is durable there. @returns whether that is news. */
  matched(index: number): boolean {
    if (index <= this.matchIndex) return false;
    this.matchIndex = index;
    if (this.nextIndex <= index) this.nextIndex = index + 1;
    return true;
  }

  /** The append that is about to be sent is a probe. */
  probeSent(sentAtMs: number): void {
    this.probeSentAtMs = sentAtMs;
    this.#probedIndex = this.nextIndex;
  }

  /**
   * Where to go on when what is under way is lost: after what is known to be there, or, while nothing is known since this leadership
   * began, with the same probe. A member that has not answered yet has most of the log all the same.
   */
  get resumeIndex(): number {
    return this.isProbing ? this.#probedIndex : this.matchIndex + 1;
  }

  /** Takes everything under way for lost and goes on from `nextIndex`, carefully. */
  probe(nextIndex: number): void {
    this.nextIndex = nextIndex;
    this.inFlight = 0;
    this.isProbing = true;
  }
}
