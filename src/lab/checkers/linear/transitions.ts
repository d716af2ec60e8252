import type { Model } from "./model.ts";
import type { Timeline } from "./timeline.ts";
import type { Value } from "./operation.ts";

/** An operation that is not legal in a state leads here. */
export const ILLEGAL = -1;

const MEMO_MAX = 1 << 16;

/**
 * A model whose states and classes of operations are small integers.
 *
 * Steps are remembered in a table of bounded size in which a newer one takes the place of an older: histories with a handful of
 * values are answered from it, and those with a hundred thousand do not fill the memory.
 */
export class Transitions<Op, State> {
  /** Number of what each operation of the timeline does. */
  readonly classOf: Int32Array;
  readonly classes: number;
  /** By class: 1 for operations that leave every state as it is. */
  readonly isObserver: Uint8Array;
  readonly #model: Model<Op, State>;
  readonly #states: State[];
  readonly #numbers = new Map<Value, number>();
  readonly #ops: Op[] = [];
  /** Triples of state + 1, class and result. */
  readonly #memo: Int32Array;
  readonly #mask: number;

  constructor(model: Model<Op, State>, timeline: Timeline<Op>) {
    this.#model = model;
    this.#states = [model.initial];
    this.#numbers.set(model.stateKey(model.initial), 0);
    const classes = new Map<string, number>();
    this.classOf = Int32Array.from(timeline.operations, ({ op }) => {
      const key = model.opKey(op);
      let number = classes.get(key);
      if (number === undefined) {
        classes.set(key, (number = this.#ops.length));
        this.#ops.push(op);
      }
      return number;
    });
    this.classes = this.#ops.length;
    this.isObserver = Uint8Array.from(this.#ops, (op) => (model.isObserver(op) ? 1 : 0));
    let slots = 64;
    while (slots < timeline.operations.length * 4 && slots < MEMO_MAX) slots *= 2;
    this.#memo = new Int32Array(slots * 3);
    this.#mask = slots - 1;
  }

  state(number: number): State {
    return this.#states[number] as State;
  }

  /** Number of the state after an operation of class `operation`, or {@link ILLEGAL}. */
  step(state: number, operation: number): number {
    const slot = ((Math.imul(state, 0x9e3779b1) ^ Math.imul(operation, 0x85ebca6b)) >>> 7) & this.#mask;
    const memo = this.#memo;
    const at = slot * 3;
    if (memo[at] === state + 1 && memo[at + 1] === operation) return memo[at + 2] as number;
    const next = this.#model.step(this.#states[state] as State, this.#ops[operation] as Op);
    const number = next === undefined ? ILLEGAL : this.#numberOf(next);
    memo[at] = state + 1;
    memo[at + 1] = operation;
    memo[at + 2] = number;
    return number;
  }

  #numberOf(state: State): number {
    const key = this.#model.stateKey(state);
    let number = this.#numbers.get(key);
    if (number === undefined) {
      this.#numbers.set(key, (number = this.#states.length));
      this.#states.push(state);
    }
    return number;
  }
}
