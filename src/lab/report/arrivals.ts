/**
 * Messages that arrived, in order of arrival, each known from its sending on. What is asked for decides
 * how far the order is fixed: asked the same questions it gives the same answers, and what is written by places is read by them.
 */
export class Arrivals {
  readonly #at: ArrayLike<number>;
  /** Rows in order. */
  readonly #rows: number[] = [];
  /** Rows that are still to come: a heap, the earliest first. */
  readonly #heap: number[] = [];

  /** @param at  When each row arrives; read for rows that were added. */
  constructor(at: ArrayLike<number>) {
    this.#at = at;
  }

  add(row: number): void {
    const heap = this.#heap;
    let place = heap.push(row) - 1;
    for (let up = (place - 1) >> 1; place > 0 && this.#isEarlier(row, heap[up] as number); up = (place - 1) >> 1) {
      heap[place] = heap[up] as number;
      place = up;
    }
    heap[place] = row;
  }

  /** The row at a place of the order. */
  rowAt(place: number): number {
    while (this.#rows.length <= place) this.#next();
    return this.#rows[place] as number;
  }

  #next(): void {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined) throw new Error("The data of this page is damaged.");
    this.#rows.push(first);
    let place = 0;
    for (let down = 1; down < heap.length; down = 2 * place + 1) {
      if (down + 1 < heap.length && this.#isEarlier(heap[down + 1] as number, heap[down] as number)) down++;
      if (!this.#isEarlier(heap[down] as number, last)) break;
      heap[place] = heap[down] as number;
      place = down;
    }
    if (heap.length > 0) heap[place] = last;
  }

  #isEarlier(a: number, b: number): boolean {
    const by = (this.#at[a] as number) - (this.#at[b] as number);
    return by < 0 || (by === 0 && a < b);
  }
}
