import type { Model } from "../../../../src/lab/checkers/linear/model.ts";
import type { History } from "../../../../src/lab/checkers/linear/operation.ts";

/** Linearizability by its definition: tries every order in which an operation comes before none that had returned when it was called. */
export function isLinearizable<Op, State>(history: History<Op>, model: Model<Op, State>): boolean {
  const fits = (left: History<Op>, states: ReadonlyMap<string, State>): boolean => {
    if (left.every((one) => one.return === undefined)) return true;
    return left.some((one) => {
      if (left.some((other) => other !== one && (other.return ?? Infinity) < one.call)) return false;
      const partition = model.partitionOf?.(one.op) ?? "";
      const after = model.step(states.get(partition) ?? model.initial, one.op);
      if (after === undefined) return false;
      return fits(
        left.filter((other) => other !== one),
        new Map(states).set(partition, after),
      );
    });
  };
  return fits(history, new Map());
}
