import type { Micros } from "../../trace/record.ts";
import type { EventQueue } from "./event-queue.ts";

/** A day is 2^8 µs, an era 2^12 days (1.05 s); the ring holds two eras. */
const DAY_US = 256;
const DAYS = 8192;
const DAY_MASK = DAYS - 1;
const ERA_US = 1_048_576;
const DAYS_PER_ERA = 4096;

/** Index of the lowest set bit. */
function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}

/**
 * Pending events in three tiers, every operation O(1) on the near two: a ring of 256-µs days for this era and the next, 1-µs
 * slots for the current day, and a heap for what is further away.
 *
 * A day is a list in order of insertion. Most days are in order of time as well and are read off; a day that is not is spread
 * over its slots by one stable pass when it becomes current. So the order is (time, sequence of insertion) and no sequence
 * number is stored for near events. The heap holds sequence numbers, because what enters the ring from it was inserted before
 * anything that is later put into the same day directly: an era enters the ring before events of it can be pushed there.
 */
export class RingQueue implements EventQueue {
  time: Micros = 0;
  handler = 0;
  a = 0;
  b = 0;
  payload: unknown = undefined;

  // Columns of an event, by handle.
  #capacity = 1024;
  #times = new Float64Array(this.#capacity);
  #handlers = new Int32Array(this.#capacity);
  #as = new Float64Array(this.#capacity);
  #bs = new Float64Array(this.#capacity);
  #payloads: unknown[] = new Array<unknown>(this.#capacity).fill(undefined);
  /** Next handle in the same list, or in the free list; −1 ends it. */
  #next = new Int32Array(this.#capacity).fill(-1);
  #free = -1;
  #used = 0;
  #size = 0;

  // The ring: a list, a bit, and "not in order of time" for each day.
  readonly #dayHead = new Int32Array(DAYS).fill(-1);
  readonly #dayTail = new Int32Array(DAYS).fill(-1);
  readonly #dayBits = new Int32Array(DAYS / 32);
  readonly #daySummary = new Int32Array(DAYS / 1024);
  readonly #isUnsorted = new Uint8Array(DAYS);
  #inDays = 0;
  /** Number of the current day, and of its era. No event is earlier. */
  #day = 0;
  #era = 0;

  // The current day's slots.
  readonly #slotHead = new Int32Array(DAY_US).fill(-1);
  readonly #slotTail = new Int32Array(DAY_US).fill(-1);
  readonly #slotBits = new Int32Array(DAY_US / 32);
  #inSlots = 0;
  #usesSlots = false;

  // The heap, keys in heap order.
  #farCapacity = 64;
  #farTime = new Float64Array(this.#farCapacity);
  #farSequence = new Float64Array(this.#farCapacity);
  #farHandle = new Int32Array(this.#farCapacity);
  #inFar = 0;
  #sequence = 0;

  get size(): number {
    return this.#size;
  }

  push(time: Micros, handler: number, a: number, b: number, payload: unknown): void {
    const handle = this.#take();
    this.#times[handle] = time;
    this.#handlers[handle] = handler;
    this.#as[handle] = a;
    this.#bs[handle] = b;
    if (payload !== undefined) this.#payloads[handle] = payload;
    this.#size++;
    if (time < (this.#era + 2) * ERA_US) this.#pushDay(handle, time);
    else this.#pushFar(handle, time);
  }

  pop(until: Micros): boolean {
    if (this.#size === 0) return false;
    for (;;) {
      if (this.#usesSlots) {
        if (this.#inSlots === 0) {
          this.#usesSlots = false;
          continue;
        }
        return this.#popSlot(until);
      }
      if (this.#inDays === 0) {
        const first = this.#farTime[0] as number;
        // Nothing is committed beyond `until`: later pushes may still be earlier than this event.
        if (first > until) return false;
        this.#day = Math.floor(first / DAY_US);
        this.#enterEra(Math.floor(first / ERA_US));
        continue;
      }
      const index = this.#day & DAY_MASK;
      if ((this.#dayHead[index] as number) < 0) {
        const day = this.#nextDay();
        if (day * DAY_US > until) return false;
        this.#day = day;
        const era = Math.floor(day / DAYS_PER_ERA);
        if (era !== this.#era) this.#enterEra(era);
        continue;
      }
      if (this.#isUnsorted[index] !== 0) {
        this.#spread(index);
        continue;
      }
      return this.#popDay(index, until);
    }
  }

  #popSlot(until: Micros): boolean {
    const bits = this.#slotBits;
    let word = 0;
    while (bits[word] === 0) word++;
    const slot = (word << 5) + lowestBit(bits[word] as number);
    const handle = this.#slotHead[slot] as number;
    if ((this.#times[handle] as number) > until) return false;
    const next = this.#next[handle] as number;
    this.#slotHead[slot] = next;
    if (next < 0) (bits[word] as number) &= ~(1 << (slot & 31));
    this.#inSlots--;
    this.#deliver(handle);
    return true;
  }

  #popDay(index: number, until: Micros): boolean {
    const handle = this.#dayHead[index] as number;
    if ((this.#times[handle] as number) > until) return false;
    const next = this.#next[handle] as number;
    this.#dayHead[index] = next;
    if (next < 0) this.#clearDay(index);
    this.#inDays--;
    this.#deliver(handle);
    return true;
  }

  #deliver(handle: number): void {
    this.time = this.#times[handle] as number;
    this.handler = this.#handlers[handle] as number;
    this.a = this.#as[handle] as number;
    this.b = this.#bs[handle] as number;
    this.payload = this.#payloads[handle];
    if (this.payload !== undefined) this.#payloads[handle] = undefined;
    this.#next[handle] = this.#free;
    this.#free = handle;
    this.#size--;
  }

  #pushDay(handle: number, time: Micros): void {
    const day = Math.floor(time / DAY_US);
    const index = day & DAY_MASK;
    const head = this.#dayHead[index] as number;
    this.#next[handle] = -1;
    if (day === this.#day) {
      if (!this.#usesSlots && head >= 0 && (this.#times[this.#dayTail[index] as number] as number) > time)
        this.#spread(index);
      if (this.#usesSlots) {
        this.#pushSlot(handle, time);
        return;
      }
    }
    this.#inDays++;
    if (head < 0) {
      this.#dayHead[index] = handle;
      this.#dayTail[index] = handle;
      const word = index >> 5;
      (this.#dayBits[word] as number) |= 1 << (index & 31);
      (this.#daySummary[word >> 5] as number) |= 1 << (word & 31);
      return;
    }
    const tail = this.#dayTail[index] as number;
    if ((this.#times[tail] as number) > time) this.#isUnsorted[index] = 1;
    this.#next[tail] = handle;
    this.#dayTail[index] = handle;
  }

  #pushSlot(handle: number, time: Micros): void {
    const slot = time % DAY_US;
    if ((this.#slotHead[slot] as number) < 0) {
      this.#slotHead[slot] = handle;
      (this.#slotBits[slot >> 5] as number) |= 1 << (slot & 31);
    } else {
      this.#next[this.#slotTail[slot] as number] = handle;
    }
    this.#slotTail[slot] = handle;
    this.#inSlots++;
  }

  /** Spreads the current day over its slots; the pass is stable, so equal times keep their order. */
  #spread(index: number): void {
    this.#usesSlots = true;
    let handle = this.#dayHead[index] as number;
    while (handle >= 0) {
      const next = this.#next[handle] as number;
      this.#next[handle] = -1;
      this.#pushSlot(handle, this.#times[handle] as number);
      this.#inDays--;
      handle = next;
    }
    this.#dayHead[index] = -1;
    this.#isUnsorted[index] = 0;
    this.#clearDay(index);
  }

  #clearDay(index: number): void {
    const word = index >> 5;
    const bits = (this.#dayBits[word] as number) & ~(1 << (index & 31));
    this.#dayBits[word] = bits;
    if (bits === 0) (this.#daySummary[word >> 5] as number) &= ~(1 << (word & 31));
  }

  /** The first day from the current one on that has an event; there is one. */
  #nextDay(): number {
    const index = this.#day & DAY_MASK;
    let word = index >> 5;
    let bits = (this.#dayBits[word] as number) & (-1 << (index & 31));
    if (bits === 0) {
      let group = word >> 5;
      let words = (word & 31) === 31 ? 0 : (this.#daySummary[group] as number) & (-1 << ((word & 31) + 1));
      while (words === 0) {
        group = (group + 1) & 7;
        words = this.#daySummary[group] as number;
      }
      word = (group << 5) + lowestBit(words);
      bits = this.#dayBits[word] as number;
    }
    const found = (word << 5) + lowestBit(bits);
    return this.#day + ((found - index) & DAY_MASK);
  }

  /** Makes `era` current and takes in, in their order, the far events of it and of the next. */
  #enterEra(era: number): void {
    this.#era = era;
    const end = (era + 2) * ERA_US;
    while (this.#inFar > 0 && (this.#farTime[0] as number) < end) {
      const handle = this.#popFar();
      this.#pushDay(handle, this.#times[handle] as number);
    }
  }

  #pushFar(handle: number, time: Micros): void {
    if (this.#inFar === this.#farCapacity) this.#growFar();
    const times = this.#farTime;
    let i = this.#inFar++;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if ((times[parent] as number) <= time) break;
      this.#moveFar(parent, i);
      i = parent;
    }
    times[i] = time;
    this.#farSequence[i] = this.#sequence++;
    this.#farHandle[i] = handle;
  }

  #popFar(): number {
    const times = this.#farTime;
    const sequences = this.#farSequence;
    const first = this.#farHandle[0] as number;
    const size = --this.#inFar;
    if (size === 0) return first;
    const time = times[size] as number;
    const sequence = sequences[size] as number;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= size) break;
      if (child + 1 < size && this.#isFarBefore(child + 1, times[child] as number, sequences[child] as number)) child++;
      if (!this.#isFarBefore(child, time, sequence)) break;
      this.#moveFar(child, i);
      i = child;
    }
    this.#moveFar(size, i);
    return first;
  }

  #isFarBefore(i: number, time: Micros, sequence: number): boolean {
    const t = this.#farTime[i] as number;
    return t < time || (t === time && (this.#farSequence[i] as number) < sequence);
  }

  #moveFar(from: number, to: number): void {
    this.#farTime[to] = this.#farTime[from] as number;
    this.#farSequence[to] = this.#farSequence[from] as number;
    this.#farHandle[to] = this.#farHandle[from] as number;
  }

  #take(): number {
    const free = this.#free;
    if (free >= 0) {
      this.#free = this.#next[free] as number;
      return free;
    }
    if (this.#used === this.#capacity) this.#grow();
    return this.#used++;
  }

  #grow(): void {
    const capacity = this.#capacity * 2;
    this.#times = copyOf(new Float64Array(capacity), this.#times);
    this.#handlers = copyOf(new Int32Array(capacity), this.#handlers);
    this.#as = copyOf(new Float64Array(capacity), this.#as);
    this.#bs = copyOf(new Float64Array(capacity), this.#bs);
    this.#next = copyOf(new Int32Array(capacity), this.#next);
    for (let i = this.#capacity; i < capacity; i++) this.#payloads.push(undefined);
    this.#capacity = capacity;
  }

  #growFar(): void {
    const capacity = this.#farCapacity * 2;
    this.#farTime = copyOf(new Float64Array(capacity), this.#farTime);
    this.#farSequence = copyOf(new Float64Array(capacity), this.#farSequence);
    this.#farHandle = copyOf(new Int32Array(capacity), this.#farHandle);
    this.#farCapacity = capacity;
  }
}

function copyOf<T extends Float64Array | Int32Array>(larger: T, old: T): T {
  larger.set(old);
  return larger;
}
