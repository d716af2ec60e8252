import type { Value } from "./operation.ts";

/** How an operation touches a register, if it takes effect at all. */
export interface Access {
  /** It is legal only while the register has this value. */
  readonly reads?: Value;
  /** It is legal only while the register has another value than this. */
  readonly avoids?: Value;
  /** The register has this value afterwards. Absent: it changes nothing. */
  readonly writes?: Value;
}

/**
 * A sequential data type: what a history is compared with. All methods are pure functions of their arguments.
 *
 * @see Herlihy & Wing 1990: a history is linearizable when its operations, each at one moment between its call and its return, make
 *   a legal sequence of the model.
 */
export interface Model<Op, State> {
  readonly name: string;
  readonly initial: State;
  /** The state after `op`; `undefined` when `op`, with the result it had, is not legal in `state`. */
  step(state: State, op: Op): State | undefined;
  /** Equal for equal states, and for no others. */
  stateKey(state: State): Value;
  /** Equal only for operations that do the same in every state. */
  opKey(op: Op): string;
  /** Whether the operation leaves every state as it is. Those that do are judged much faster. */
  isObserver(op: Op): boolean;
  /** Operations of different partitions do not touch each other, so that each partition is judged alone. Absent: there is one. */
  partitionOf?(op: Op): string;
  /** The operation seen as one of a register that starts as `registerInitial`; `undefined` when it is none. */
  access?(op: Op): Access | undefined;
  /** What the register of {@link access} holds at the beginning. */
  readonly registerInitial?: Value;
  describeOp(op: Op): string;
  describeState(state: State): string;
}

/** A value as people write it: `"a"`, `3`, `nil`. */
export function describeValue(value: Value): string {
  return value === null ? "nil" : JSON.stringify(value);
}
