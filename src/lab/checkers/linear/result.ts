/**
 * What decided: `witness`, an order that was given; `zones`, the test for registers with distinct values; `search`, the search for an
 * order.
 */
export type Layer = "witness" | "zones" | "search";

/** Why a history cannot be explained, or how far the search got. Numbers are places in the history that was given. */
export interface Counterexample {
  /** The partition (the key); `""` when the model has none. */
  readonly partition: string;
  /** One sentence. */
  readonly message: string;
  /** The first operation that no order can hold: before its return, everything still had one. */
  readonly operation: number;
  /** The longest order found of operations before it. */
  readonly order: readonly number[];
  /** States after orders that come that far, in which the operation is not legal; at most 16. */
  readonly states: readonly string[];
  /** Operations under way when it returned that are not in the order; itself among them. */
  readonly pending: readonly number[];
  /**
   * Operations that are enough to see the fault, by their calls; itself among them. They contradict each other whatever the rest did:
   * a write that explains a read that is left is left too.
   */
  readonly shrunk: readonly number[];
}

/** Of several partitions a violation counts for more than one that is undecided, and that for more than one that is right. */
export type LinearizabilityVerdict = "ok" | "violation" | "unknown";

/** The same for the same history, model and options, byte for byte, on every machine. */
export interface LinearizabilityResult {
  readonly verdict: LinearizabilityVerdict;
  /** The layer that decided: for `ok` the last one that was needed. */
  readonly layer: Layer;
  /** Steps of the model that were looked at. */
  readonly steps: number;
  readonly operations: number;
  readonly partitions: number;
  /** When asked for, and it is `ok`: for each partition an order that proves it, as places in the history. */
  readonly orders?: readonly (readonly number[])[];
  /** For a violation. */
  readonly counterexample?: Counterexample;
  /** Why it is `unknown`. */
  readonly reason?: string;
}
