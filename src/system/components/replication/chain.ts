import { assert } from "../../ports/errors.ts";
import { EpochMarks, type EpochMark } from "./epoch-marks.ts";
import { isSamePosition, type Position } from "./position.ts";
import { positionBefore, type Transaction } from "./transaction.ts";

/** The history of a database in memory: its last transactions, whose positions it can tell, and where its epochs end. */
export class Chain {
  /** Position before the first transaction that is kept. */
  #floor: Position;
  #transactions: Transaction[];
  #marks: EpochMarks;

  /** @param marks Of the chain up to `floor`, or up to where they are older than the transactions. */
  constructor(floor: Position, transactions: readonly Transaction[], marks: readonly EpochMark[]) {
    this.#floor = floor;
    this.#transactions = [];
    this.#marks = new EpochMarks(marks);
    for (const one of transactions) this.add(one);
  }

  get floor(): Position {
    return this.#floor;
  }
  get last(): Position {
    return this.#transactions.at(-1)?.position ?? this.#floor;
  }
  /** Epoch of the last transaction; 0 for none. */
  get epoch(): number {
    return this.#marks.list().at(-1)?.epoch ?? 0;
  }
  get marks(): readonly EpochMark[] {
    return this.#marks.list();
  }
  get transactions(): readonly Transaction[] {
    return this.#transactions;
  }

  add(transaction: Transaction): void {
    assert(isSamePosition(positionBefore(transaction), this.last), "a chain has no gap");
    this.#transactions.push(transaction);
    const mark = this.#marks.list().at(-1);
    if (mark === undefined || mark.position.txid < transaction.position.txid)
      this.#marks.add(transaction.epoch, transaction.position);
  }

  /** The position of that number; `undefined` when it is not kept, or not reached. */
  at(txid: bigint): Position | undefined {
    if (txid === this.#floor.txid) return this.#floor;
    return txid < this.#floor.txid ? undefined : this.#transactions[Number(txid - this.#floor.txid) - 1]?.position;
  }

  /** Whether the chain goes through a position; `undefined` when that is too long ago to be told. */
  has(position: Position): boolean | undefined {
    if (position.txid < this.#floor.txid) return position.txid === 0n ? true : undefined;
    const own = this.at(position.txid);
    return own !== undefined && isSamePosition(own, position);
  }

  /** The transactions after the one of that number, which is kept or is the floor. */
  after(txid: bigint, count = Infinity): readonly Transaction[] {
    const start = Number(txid - this.#floor.txid);
    return this.#transactions.slice(start, start + count);
  }

  /** Marks of the chain up to a position that is kept. */
  marksUpTo(txid: bigint): readonly EpochMark[] {
    const position = this.at(txid);
    if (position === undefined) return [];
    const first = this.#transactions[0];
    const epoch =
      first === undefined || txid < first.position.txid
        ? this.#epochAt(txid)
        : (this.#transactions[Number(txid - first.position.txid)] as Transaction).epoch;
    return this.#marks.upTo(position, epoch).list();
  }

  /** Number of the last transaction that the other chain has too. */
  forkWith(marks: readonly EpochMark[]): bigint {
    return this.#marks.forkWith(marks);
  }

  /** Forgets the first `count` transactions. */
  forget(count: number): void {
    const last = this.#transactions[count - 1];
    if (last === undefined) return;
    this.#floor = last.position;
    this.#transactions = this.#transactions.slice(count);
  }

  #epochAt(txid: bigint): number {
    return this.#marks.list().find(({ position }) => position.txid >= txid)?.epoch ?? 0;
  }
}
