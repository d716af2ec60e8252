import type { EventQueue } from "../../../src/sim/kernel/event-queue.ts";
import type { Micros } from "../../../src/trace/record.ts";

/**
 * The plain queue the faster one is measured and tested against: a binary heap with its keys in heap order and everything else in columns behind an integer handle: no object, closure or
 * comparator per event.
 */
export class HeapQueue implements EventQueue {
  time: Micros = 0;
  handler = 0;
  a = 0;
  b = 0;
  payload: unknown = undefined;

  #capacity = 1024;
  #size = 0;
  #sequence = 0;
  #keyTime = new Float64Array(this.#capacity);
  #keySequence = new Float64Array(this.#capacity);
  #keyHandle = new Int32Array(this.#capacity);
  #handlers = new Int32Array(this.#capacity);
  #as = new Float64Array(this.#capacity);
  #bs = new Float64Array(this.#capacity);
  #payloads: unknown[] = new Array<unknown>(this.#capacity).fill(undefined);
  #nextFree = new Int32Array(this.#capacity);
  #free = -1;
  #used = 0;

  get size(): number {
    return this.#size;
  }

  push(time: Micros, handler: number, a: number, b: number, payload: unknown): void {
    const handle = this.#take();
    this.#handlers[handle] = handler;
    this.#as[handle] = a;
    this.#bs[handle] = b;
    if (payload !== undefined) this.#payloads[handle] = payload;
    const times = this.#keyTime;
    const sequences = this.#keySequence;
    const handles = this.#keyHandle;
    let i = this.#size++;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      // An earlier insertion never has a larger sequence, so at equal times the parent stays in front.
      if ((times[parent] as number) <= time) break;
      times[i] = times[parent] as number;
      sequences[i] = sequences[parent] as number;
      handles[i] = handles[parent] as number;
      i = parent;
    }
    times[i] = time;
    sequences[i] = this.#sequence++;
    handles[i] = handle;
  }

  pop(until: Micros): boolean {
    if (this.#size === 0 || (this.#keyTime[0] as number) > until) return false;
    const handle = this.#keyHandle[0] as number;
    this.time = this.#keyTime[0] as number;
    this.handler = this.#handlers[handle] as number;
    this.a = this.#as[handle] as number;
    this.b = this.#bs[handle] as number;
    this.payload = this.#payloads[handle];
    if (this.payload !== undefined) this.#payloads[handle] = undefined;
    this.#nextFree[handle] = this.#free;
    this.#free = handle;
    this.#sift();
    return true;
  }

  /** Moves the last key to the root and down to its place. */
  #sift(): void {
    const times = this.#keyTime;
    const sequences = this.#keySequence;
    const handles = this.#keyHandle;
    const size = --this.#size;
    if (size === 0) return;
    const time = times[size] as number;
    const sequence = sequences[size] as number;
    const handle = handles[size] as number;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= size) break;
      const right = child + 1;
      if (right < size) {
        const l = times[child] as number;
        const r = times[right] as number;
        if (r < l || (r === l && (sequences[right] as number) < (sequences[child] as number))) child = right;
      }
      const t = times[child] as number;
      if (time < t || (time === t && sequence < (sequences[child] as number))) break;
      times[i] = t;
      sequences[i] = sequences[child] as number;
      handles[i] = handles[child] as number;
      i = child;
    }
    times[i] = time;
    sequences[i] = sequence;
    handles[i] = handle;
  }

  #take(): number {
    const free = this.#free;
    if (free >= 0) {
      this.#free = this.#nextFree[free] as number;
      return free;
    }
    if (this.#used === this.#capacity) this.#grow();
    return this.#used++;
  }

  #grow(): void {
    const capacity = this.#capacity * 2;
    this.#keyTime = copyOf(new Float64Array(capacity), this.#keyTime);
    this.#keySequence = copyOf(new Float64Array(capacity), this.#keySequence);
    this.#keyHandle = copyOf(new Int32Array(capacity), this.#keyHandle);
    this.#handlers = copyOf(new Int32Array(capacity), this.#handlers);
    this.#as = copyOf(new Float64Array(capacity), this.#as);
    this.#bs = copyOf(new Float64Array(capacity), this.#bs);
    this.#nextFree = copyOf(new Int32Array(capacity), this.#nextFree);
    for (let i = this.#capacity; i < capacity; i++) this.#payloads.push(undefined);
    this.#capacity = capacity;
  }
}

function copyOf<T extends Float64Array | Int32Array>(larger: T, old: T): T {
  larger.set(old);
  return larger;
}
