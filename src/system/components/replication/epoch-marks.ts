import { START, type Position } from "./position.ts";

/** Where an epoch ends on a chain: its last transaction's position. */
export interface EpochMark {
  readonly epoch: number;
  readonly position: Position;
}

/**
 * Where each epoch of a chain ends: enough to find where two chains part, however long ago (Kafka's leader-epoch cache does so).
 *
 * It rests on an epoch having one primary, and so one chain: the one that has more of an epoch has what the other has of it.
 */
export class EpochMarks {
  readonly #marks: EpochMark[];

  constructor(marks: readonly EpochMark[] = []) {
    this.#marks = [...marks];
  }

  /** The chain has grown by a transaction. */
  add(epoch: number, position: Position): void {
    if (this.#marks.at(-1)?.epoch === epoch) this.#marks.pop();
    this.#marks.push({ epoch, position });
  }

  list(): readonly EpochMark[] {
    return this.#marks;
  }

  /** Those of the chain up to `position`, of which the last transaction has `epoch`. */
  upTo(position: Position, epoch: number): EpochMarks {
    const kept = new EpochMarks(this.#marks.filter((mark) => mark.position.txid < position.txid));
    if (position.txid > 0n) kept.add(epoch, position);
    return kept;
  }

  /** Number of the last transaction that both chains have. */
  forkWith(others: readonly EpochMark[]): bigint {
    for (const mine of this.#marks.toReversed()) {
      const other = others.find(({ epoch }) => epoch === mine.epoch);
      if (other === undefined) continue;
      return mine.position.txid < other.position.txid ? mine.position.txid : other.position.txid;
    }
    return START.txid;
  }
}
