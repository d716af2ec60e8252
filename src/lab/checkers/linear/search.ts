import { ConfigCache, type CacheRoom } from "./config-cache.ts";
import type { Model } from "./model.ts";
import { PlacedSet } from "./placed-set.ts";
import type { Timeline } from "./timeline.ts";
import { ILLEGAL, Transitions } from "./transitions.ts";

/** How far a search got on a history that it could not order to the end. */
export interface StuckPoint {
  /** The operation at whose return every order came to an end, at the farthest; −1 when there is none yet. */
  readonly operation: number;
  /** The longest order of operations on the way there. */
  readonly order: readonly number[];
  /** States in which it ended, as the model describes them, in the order in which they were met. */
  readonly states: readonly string[];
}

/** States that a stuck point names at most. */
const STATES_MAX = 16;

/**
 * Looks for a legal order of one partition: depth first over all operations that may come next, never twice from the same
 * configuration (Wing & Gong 1993, with Lowe's 2017 cache).
 *
 * Three rules leave out what cannot matter; each keeps, for every legal order, one that is still looked at.
 * 1. An operation with a return that is legal and never changes anything is placed at once, and nothing else is tried in its stead:
 *    in any order that begins here it can be moved to this place. (One that changes nothing only here may be needed later.)
 * 2. An open operation that changes nothing here is not placed: it need not have happened.
 * 3. Of several operations that do the same, only the one that returns first is tried: in an order that takes another one first, the
 *    two can change places.
 *
 * It can be interrupted and continued; what it finds depends on nothing but the history.
 */
export class Search<Op, State> {
  /** Steps of the model looked at so far. */
  steps = 0;
  readonly #model: Model<Op, State>;
  readonly #timeline: Timeline<Op>;
  readonly #transitions: Transitions<Op, State>;
  readonly #cache: ConfigCache;
  readonly #count: number;
  readonly #completed: number;
  readonly #classOf: Int32Array;
  readonly #isObserver: Uint8Array;
  readonly #returnAt: Int32Array;
  // Events in order as a doubly linked list. An operation's call is its number, its return that plus the count.
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  readonly #head: number;
  readonly #placed: PlacedSet;
  #left: number;
  #state = 0;
  #isBegun = false;
  /** The call to try next in the configuration at hand. */
  #cursor = 0;
  // What was placed, the state before it, and whether there was a choice.
  readonly #order: Int32Array;
  readonly #before: Int32Array;
  readonly #isForced: Uint8Array;
  #depth = 0;
  // For each class, the operation that rule 3 lets through in the configuration at hand.
  readonly #first: Int32Array;
  readonly #marked: Int32Array;
  #mark = 0;
  #stuck = -1;
  #stuckAt = -1;
  #stuckStates: number[] = [];
  readonly #best: Int32Array;
  #bestDepth = 0;
  /** How much of `best` still is what `order` begins with. */
  #shared = 0;

  constructor(model: Model<Op, State>, timeline: Timeline<Op>, room: CacheRoom) {
    const count = timeline.operations.length;
    this.#model = model;
    this.#timeline = timeline;
    this.#transitions = new Transitions(model, timeline);
    this.#cache = new ConfigCache(room);
    this.#count = count;
    this.#completed = timeline.completed;
    this.#classOf = this.#transitions.classOf;
    this.#isObserver = this.#transitions.isObserver;
    this.#returnAt = timeline.returnAt;
    this.#placed = new PlacedSet(count, timeline.completed);
    this.#left = timeline.completed;
    this.#head = 2 * count;
    this.#next = new Int32Array(2 * count + 2);
    this.#previous = new Int32Array(2 * count + 2);
    this.#link();
    this.#order = new Int32Array(count);
    this.#before = new Int32Array(count);
    this.#isForced = new Uint8Array(count);
    this.#first = new Int32Array(this.#transitions.classes);
    this.#marked = new Int32Array(this.#transitions.classes);
    this.#best = new Int32Array(count);
  }

  /** Gives back the memory that others may use; it is decided. */
  release(): void {
    this.#cache.release();
  }

  /** Goes on until it is decided or `steps` has grown by `steps`. */
  run(steps: number): "ok" | "violation" | "running" {
    const limit = this.steps + steps;
    if (!this.#isBegun) {
      this.#isBegun = true;
      this.#settle();
      if (this.#left === 0) return "ok";
      this.#cache.add(this.#placed, this.#state);
      this.#open();
    }
    while (this.steps < limit) {
      const operation = this.#cursor;
      if (operation >= this.#count) {
        if (!this.#backtrack()) return "violation";
        this.#markFirsts();
        continue;
      }
      this.#cursor = this.#next[operation] as number;
      const kind = this.#classOf[operation] as number;
      if (this.#first[kind] !== operation) continue;
      this.steps++;
      const after = this.#transitions.step(this.#state, kind);
      if (after === ILLEGAL || (after === this.#state && operation >= this.#completed)) continue;
      this.#place(operation, after, 0);
      this.#settle();
      if (this.#left === 0) return "ok";
      if (this.#cache.add(this.#placed, this.#state)) this.#open();
      else this.#backtrack();
    }
    return "running";
  }

  /** The order found, once {@link run} said `ok`; the longest on the way so far otherwise. */
  order(): number[] {
    return this.#left === 0 ? [...this.#order.subarray(0, this.#depth)] : [...this.#best.subarray(0, this.#bestDepth)];
  }

  stuck(): StuckPoint {
    return {
      operation: this.#stuck,
      order: [...this.#best.subarray(0, this.#bestDepth)],
      states: this.#stuckStates.map((state) => this.#model.describeState(this.#transitions.state(state))),
    };
  }

  #link(): void {
    const { callAt, returnAt, events, completed } = this.#timeline;
    const nodes = new Int32Array(events);
    for (let id = 0; id < this.#count; id++) nodes[callAt[id] as number] = id;
    for (let id = 0; id < completed; id++) nodes[returnAt[id] as number] = this.#count + id;
    let last = this.#head;
    for (const node of nodes) {
      this.#next[last] = node;
      this.#previous[node] = last;
      last = node;
    }
    const tail = this.#head + 1;
    this.#next[last] = tail;
    this.#previous[tail] = last;
    this.#next[tail] = tail;
  }

  #place(operation: number, after: number, forced: 0 | 1): void {
    this.#order[this.#depth] = operation;
    this.#before[this.#depth] = this.#state;
    this.#isForced[this.#depth] = forced;
    this.#depth++;
    this.#placed.add(operation);
    this.#state = after;
    this.#unlink(operation);
    if (operation >= this.#completed) return;
    this.#unlink(this.#count + operation);
    this.#left--;
  }

  #takeBack(): void {
    const operation = this.#order[--this.#depth] as number;
    if (this.#shared > this.#depth) this.#shared = this.#depth;
    this.#placed.remove(operation);
    this.#state = this.#before[this.#depth] as number;
    if (operation < this.#completed) {
      this.#relink(this.#count + operation);
      this.#left++;
    }
    this.#relink(operation);
  }

  #unlink(node: number): void {
    const before = this.#previous[node] as number;
    const after = this.#next[node] as number;
    this.#next[before] = after;
    this.#previous[after] = before;
  }
  #relink(node: number): void {
    this.#next[this.#previous[node] as number] = node;
    this.#previous[this.#next[node] as number] = node;
  }

  /** Rule 1: places whatever never changes anything, until the first return that waits. */
  #settle(): void {
    let node = this.#next[this.#head] as number;
    while (node < this.#count) {
      const before = this.#previous[node] as number;
      const kind = this.#classOf[node] as number;
      if (node < this.#completed && this.#isObserver[kind] === 1) {
        this.steps++;
        if (this.#transitions.step(this.#state, kind) !== ILLEGAL) {
          this.#place(node, this.#state, 1);
          node = this.#next[before] as number;
          continue;
        }
      }
      node = this.#next[node] as number;
    }
  }

  /** Begins with the configuration at hand. */
  #open(): void {
    const front = this.#markFirsts();
    this.#cursor = this.#next[this.#head] as number;
    const operation = front - this.#count;
    const at = this.#returnAt[operation] as number;
    if (at < this.#stuckAt) return;
    const isFarther = at > this.#stuckAt;
    if (isFarther) {
      this.#stuck = operation;
      this.#stuckAt = at;
      this.#stuckStates = [];
    }
    if (this.#stuckStates.length < STATES_MAX && !this.#stuckStates.includes(this.#state))
      this.#stuckStates.push(this.#state);
    if (!isFarther && this.#depth <= this.#bestDepth) return;
    for (let i = this.#shared; i < this.#depth; i++) this.#best[i] = this.#order[i] as number;
    this.#shared = this.#bestDepth = this.#depth;
  }

  /** Rule 3: finds, for each class, the operation that returns first. @returns the return that waits for one of them. */
  #markFirsts(): number {
    const mark = ++this.#mark;
    let node = this.#next[this.#head] as number;
    for (; node < this.#count; node = this.#next[node] as number) {
      const kind = this.#classOf[node] as number;
      if (
        this.#marked[kind] === mark &&
        (this.#returnAt[this.#first[kind] as number] as number) <= (this.#returnAt[node] as number)
      )
        continue;
      this.#marked[kind] = mark;
      this.#first[kind] = node;
    }
    return node;
  }

  /** Takes back the last choice and all that was forced after it. @returns false when there was none. */
  #backtrack(): boolean {
    while (this.#depth > 0) {
      const last = this.#depth - 1;
      const isForced = this.#isForced[last] === 1;
      this.#takeBack();
      if (isForced) continue;
      this.#cursor = this.#next[this.#order[last] as number] as number;
      return true;
    }
    return false;
  }
}
