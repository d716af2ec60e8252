import { assert, FaultlineError } from "../../ports/errors.ts";

/** Servers remembered. One that was forgotten counts as new, which is safe: its epoch grows. */
const SERVERS_MAX = 256;
/** Fencing numbers are signed 64-bit integers, and an epoch takes 2^32 of them. */
const EPOCH_MAX = 2_147_483_646;
const LINE = /^([1-9][0-9]{0,9}) (\S{1,256})$/;

/**
 * Which epoch each life of a lock's server has: 1 for the first that is asked for, one more for each new one.
 *
 * A pure step function of the ids it was asked for, in order: what a replicated state machine applies, and what
 * {@link DiskEpochBook} keeps.
 */
export class EpochBook {
  readonly #epochs = new Map<string, number>();
  #last = 0;

  /** Reads what {@link EpochBook.toText} gave. @throws {FaultlineError} `EPOCH_BOOK_DAMAGED` when the text is none of it. */
  static fromText(text: string): EpochBook {
    const book = new EpochBook();
    for (const line of text.split("\n").slice(0, -1)) {
      const match = LINE.exec(line);
      const epoch = Number(match?.[1]);
      if (match === null || epoch <= book.#last) throw damaged(line);
      book.#last = epoch;
      book.#epochs.set(match[2] as string, epoch);
    }
    if (book.toText() !== text) throw damaged(text);
    return book;
  }

  /** The epoch of a server that has one. */
  get(serverId: string): number | undefined {
    return this.#epochs.get(serverId);
  }

  /**
   * The epoch of a server; a new one is entered.
   *
   * @param serverId 1…256 units without white space: a Redis run id.
   * @returns 1…2^31 − 2.
   */
  epochOf(serverId: string): number {
    assert(/^\S{1,256}$/.test(serverId), "a server id has 1…256 units and no white space", { serverId });
    const known = this.#epochs.get(serverId);
    if (known !== undefined) return known;
    assert(this.#last < EPOCH_MAX, "a lock's server has fewer than 2^31 lives");
    this.#last++;
    this.#epochs.set(serverId, this.#last);
    for (const oldest of this.#epochs.keys()) {
      if (this.#epochs.size <= SERVERS_MAX) break;
      this.#epochs.delete(oldest);
    }
    return this.#last;
  }

  /** A line a server, `EPOCH ID`, oldest first; the same for the same book. */
  toText(): string {
    let text = "";
    for (const [id, epoch] of this.#epochs) text += `${String(epoch)} ${id}\n`;
    return text;
  }
}

function damaged(text: string): FaultlineError {
  return new FaultlineError("EPOCH_BOOK_DAMAGED", `an epoch book has lines "EPOCH ID"; got "${text.slice(0, 80)}".`);
}
