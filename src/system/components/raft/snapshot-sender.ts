import type { Install, InstallReply } from "./raft-messages.ts";
import { withoutState, type Snapshot } from "./snapshot.ts";

/** UTF-16 units of a snapshot's JSON that one message carries at most: it never holds up a heartbeat behind it for long. */
export const PIECE_UNITS = 65_536;

type Piece = Pick<Install, "index" | "lastTerm" | "offset" | "size" | "piece" | "sentAtMs">;

/**
 * A snapshot on its way to one member, a piece at a time: the next leaves when the one before was answered, and leaves again when
 * no answer comes. The member's answer says where to go on, also after it forgot what it had.
 */
export class SnapshotSender {
  readonly index: number;
  readonly #lastTerm: number;
  readonly #text: string;
  #offset = 0;
  #sentAtMs = -1;

  /** @param isBare  Whether the state is left out: for a member that keeps none. */
  constructor(snapshot: Snapshot, isBare: boolean) {
    this.index = snapshot.index;
    this.#lastTerm = snapshot.term;
    this.#text = JSON.stringify(isBare ? withoutState(snapshot) : snapshot);
  }

  /** The piece that is due; `undefined` while the answer to it is awaited, for `patienceMs` at most. */
  next(now: number, patienceMs: number): Piece | undefined {
    if (this.#sentAtMs >= 0 && now - this.#sentAtMs < patienceMs) return undefined;
    this.#sentAtMs = now;
    const [offset, size] = [this.#offset, this.#text.length];
    const piece = this.#text.slice(offset, offset + PIECE_UNITS);
    return { index: this.index, lastTerm: this.#lastTerm, offset, size, piece, sentAtMs: now };
  }

  /** The member has so much of it. */
  onReply({ index, offset, sentAtMs }: InstallReply): void {
    // An answer to anything but the newest piece says nothing new.
    if (index !== this.index || sentAtMs !== this.#sentAtMs || offset === this.#offset) return;
    this.#offset = offset;
    this.#sentAtMs = -1;
  }
}
