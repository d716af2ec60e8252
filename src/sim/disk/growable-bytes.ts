/** Bytes that grow in place: appending `n` bytes costs O(n), whatever is there already. */
export class GrowableBytes {
  #store: Uint8Array;
  #length = 0;

  constructor(capacity = 64) {
    this.#store = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** A copy of the bytes from `start` up to `end`, which its taker owns. */
  copy(start = 0, end = this.#length): Uint8Array {
    return this.#store.slice(start, end);
  }

  replace(bytes: Uint8Array): void {
    this.#length = 0;
    this.writeAt(0, bytes);
  }

  /** Writes at an offset; a hole between the end and the offset reads as zeros. */
  writeAt(offset: number, bytes: Uint8Array): void {
    const end = offset + bytes.length;
    this.#reserve(end);
    // Beyond the length lie remains of a cut tail, never shown.
    if (offset > this.#length) this.#store.fill(0, this.#length, offset);
    this.#store.set(bytes, offset);
    if (end > this.#length) this.#length = end;
  }

  /** Cuts to `length`; nothing happens when it is shorter already. */
  truncate(length: number): void {
    if (length < this.#length) this.#length = length;
  }

  /** Inverts bit 0…7 of a byte; nothing happens beyond the end. */
  flip(byte: number, bit: number): void {
    if (byte < this.#length) this.#store[byte] = (this.#store[byte] as number) ^ (1 << bit);
  }

  /** Bytes of their own that begin as the first `length` of these. */
  clone(length: number): GrowableBytes {
    const twin = new GrowableBytes(Math.max(64, length));
    twin.replace(this.#store.subarray(0, length));
    return twin;
  }

  #reserve(size: number): void {
    if (size <= this.#store.length) return;
    const store = new Uint8Array(Math.max(size, this.#store.length * 2));
    store.set(this.#store.subarray(0, this.#length));
    this.#store = store;
  }
}
