interface Read {
  readonly round: number;
  readonly done: (isConfirmed: boolean) => void;
}

/** Reads that wait to know that their leader was still leader after they were asked (thesis §6.4, ReadIndex). */
export class ReadRounds {
  readonly #begin: () => void;
  readonly #waiting: Read[] = [];
  /** Number of the newest round that was sent, and of the newest that a quorum answered. */
  #sent = 0;
  #confirmed = 0;

  /** @param begin  Sends a heartbeat to everybody, at once; its messages carry {@link ReadRounds.current}. */
  constructor(begin: () => void) {
    this.#begin = begin;
  }

  /** The round that messages belong to now; 0 while nobody waits. */
  get current(): number {
    return this.#waiting.length === 0 ? 0 : this.#sent;
  }

  /** @param done  Called once: whether a quorum answered something sent after this call. */
  ask(done: (isConfirmed: boolean) => void): void {
    const isIdle = this.#sent === this.#confirmed;
    this.#waiting.push({ round: this.#sent + 1, done });
    // While a round is under way the next ones wait for its end, together.
    if (isIdle) this.#next();
  }

  /** A quorum has answered the messages of this round. */
  reached(round: number): void {
    if (round <= this.#confirmed) return;
    this.#confirmed = round;
    while ((this.#waiting[0]?.round ?? Infinity) <= round) this.#waiting.shift()?.done(true);
    if (this.#waiting.length > 0 && this.#sent === this.#confirmed) this.#next();
  }

  close(): void {
    for (const { done } of this.#waiting.splice(0)) done(false);
  }

  #next(): void {
    this.#sent++;
    this.#begin();
  }
}
