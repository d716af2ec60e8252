/**
 * The operations that a search has placed, as bits, with a hash that follows every change.
 *
 * Completed operations are numbered in call order, so those placed are all of a beginning and a few behind it: the words between,
 * the window, say everything. Open ones have bits of their own.
 */
export class PlacedSet {
  /** Words of completed operations, then words of open ones. */
  readonly words: Int32Array;
  readonly openFrom: number;
  hash = 0;
  /** First word of a completed operation that is not full. */
  low = 0;
  /** One past the last word of a completed operation that is not empty; at least `low`. */
  high = 0;
  readonly #completed: number;

  constructor(count: number, completed: number) {
    this.#completed = completed;
    this.openFrom = (completed + 31) >>> 5;
    this.words = new Int32Array(this.openFrom + ((count - completed + 31) >>> 5));
  }

  add(id: number): void {
    const { words } = this;
    const bit = this.#bit(id);
    const word = bit >>> 5;
    words[word] = (words[word] as number) | (1 << (bit & 31));
    this.hash ^= mix(id);
    if (id >= this.#completed) return;
    if (word >= this.high) this.high = word + 1;
    while (this.low < this.openFrom && words[this.low] === -1) this.low++;
    if (this.high < this.low) this.high = this.low;
  }

  remove(id: number): void {
    const { words } = this;
    const bit = this.#bit(id);
    const word = bit >>> 5;
    words[word] = (words[word] as number) & ~(1 << (bit & 31));
    this.hash ^= mix(id);
    if (id >= this.#completed) return;
    if (word < this.low) this.low = word;
    while (this.high > this.low && words[this.high - 1] === 0) this.high--;
  }

  #bit(id: number): number {
    return id < this.#completed ? id : (this.openFrom << 5) + id - this.#completed;
  }
}

/** The bits of an operation in the hash (Zobrist): a number of its own that looks random and is the same on every machine. */
function mix(id: number): number {
  let x = Math.imul(id + 1, 0x9e3779b1);
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}
