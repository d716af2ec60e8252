import { compareReceipts, type Receipt } from "./receipt.ts";

/** A place in a table: the receipt that stands there changes, its id and stamp never do. */
export interface Slot {
  receipt: Receipt;
}

/** Slots in stamp order. New receipts come last nearly always, and the first ones leave first: both are found at once. */
export class OrderedReceipts {
  readonly #slots: Slot[] = [];

  get length(): number {
    return this.#slots.length;
  }

  add(slot: Slot): void {
    this.#slots.splice(this.#placeOf(slot.receipt), 0, slot);
  }

  remove(slot: Slot): void {
    this.#slots.splice(this.#placeOf(slot.receipt), 1);
  }

  first(count: number): readonly Slot[] {
    return this.#slots.slice(0, count);
  }

  receipts(): Receipt[] {
    return this.#slots.map(({ receipt }) => receipt);
  }

  /** How many come before it: its own place when it is there. */
  #placeOf(receipt: Receipt): number {
    const slots = this.#slots;
    let low = 0;
    let high = slots.length;
    const last = slots[high - 1];
    if (last === undefined || compareReceipts(last.receipt, receipt) < 0) return high;
    const [first] = slots;
    if (first !== undefined && compareReceipts(first.receipt, receipt) >= 0) return 0;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareReceipts((slots[middle] as Slot).receipt, receipt) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
