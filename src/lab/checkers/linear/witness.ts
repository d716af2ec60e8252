import type { Model } from "./model.ts";
import type { History, Operation } from "./operation.ts";

/**
 * Whether `order` (places in the history) is a proof that the history is linearizable: every operation with a return is in it once,
 * none comes before one that had returned when it was called, and the model takes each step. An order that proves nothing says
 * nothing against the history. O(n).
 */
export function provesLinearizable<Op, State>(
  history: History<Op>,
  model: Model<Op, State>,
  order: readonly number[],
): boolean {
  const isPlaced = new Uint8Array(history.length);
  const states = new Map<string, State>();
  let latestCall = -Infinity;
  for (const place of order) {
    const operation: Operation<Op> | undefined = history[place];
    if (operation === undefined || isPlaced[place] === 1) return false;
    isPlaced[place] = 1;
    if (operation.call > latestCall) latestCall = operation.call;
    if (operation.return !== undefined && operation.return < latestCall) return false;
    const partition = model.partitionOf?.(operation.op) ?? "";
    const before = states.has(partition) ? (states.get(partition) as State) : model.initial;
    const after = model.step(before, operation.op);
    if (after === undefined) return false;
    states.set(partition, after);
  }
  return history.every((operation, place) => operation.return === undefined || isPlaced[place] === 1);
}
