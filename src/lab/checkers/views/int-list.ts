/** A growing list of 32-bit integers, 1-based as logs are; 0 where nothing was set. */
export class IntList {
  #cells = new Int32Array(64);

  get(index: number): number {
    return this.#cells[index] ?? 0;
  }

  set(index: number, value: number): void {
    if (index >= this.#cells.length) {
      const grown = new Int32Array(Math.max(index + 1, this.#cells.length * 2));
      grown.set(this.#cells);
      this.#cells = grown;
    }
    this.#cells[index] = value;
  }
}
