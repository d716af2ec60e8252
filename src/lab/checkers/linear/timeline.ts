import type { History, Operation } from "./operation.ts";

/** Where an operation without a return returns. */
export const OPEN = 0x7fffffff;

/**
 * The operations of one partition with their events in one total order.
 *
 * Operations are numbered anew: those with a return from 0 in the order of their calls, then the open ones in the order of theirs.
 */
export interface Timeline<Op> {
  readonly operations: readonly Operation<Op>[];
  /** Place in the history that was given. */
  readonly source: Int32Array;
  /** How many have a return. */
  readonly completed: number;
  /** Places of calls and returns among all events, from 0; {@link OPEN} for none. */
  readonly callAt: Int32Array;
  readonly returnAt: Int32Array;
  readonly events: number;
}

/**
 * Orders the operations at `places` of a history. At equal times calls come first (intervals are closed: operations that touch are
 * concurrent, as porcupine has it), then the place in the history decides.
 */
export function timelineOf<Op>(history: History<Op>, places: readonly number[]): Timeline<Op> {
  const at = (place: number): Operation<Op> => history[place] as Operation<Op>;
  const calls = sorted(places, (place) => at(place).call);
  const done = calls.filter((place) => at(place).return !== undefined);
  const source = Int32Array.from([...done, ...calls.filter((place) => at(place).return === undefined)]);
  const operations = Array.from(source, at);
  const completed = done.length;
  const returns = sorted(
    Array.from({ length: completed }, (_, id) => id),
    (id) => operations[id]?.return as number,
  );
  const inCallOrder = idsByCall(calls, source, completed);
  const callAt = new Int32Array(source.length);
  const returnAt = new Int32Array(source.length).fill(OPEN);
  let events = 0;
  let next = 0;
  for (const id of inCallOrder) {
    const { call } = operations[id] as Operation<Op>;
    while (next < completed && (operations[returns[next] as number]?.return as number) < call)
      returnAt[returns[next++] as number] = events++;
    callAt[id] = events++;
  }
  while (next < completed) returnAt[returns[next++] as number] = events++;
  return { operations, source, completed, callAt, returnAt, events };
}

/** Sorts by a number and then by place; what is in order already, as recorded histories are, costs nothing. */
function sorted(items: readonly number[], by: (item: number) => number): number[] {
  const copy = [...items];
  for (let i = 1; i < copy.length; i++) {
    if (by(copy[i - 1] as number) > by(copy[i] as number)) return copy.sort((a, b) => by(a) - by(b) || a - b);
  }
  return copy;
}

function idsByCall(calls: readonly number[], source: Int32Array, completed: number): Int32Array {
  const ids = new Int32Array(calls.length);
  let done = 0;
  let open = completed;
  for (let i = 0; i < ids.length; i++) {
    if (done < completed && source[done] === calls[i]) ids[i] = done++;
    else ids[i] = open++;
  }
  return ids;
}
