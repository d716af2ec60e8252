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
  // In loops: what a run makes anew, as a function for each list, the runtime compiles anew as well.
  const calls = inOrderOfCalls(history, places);
  const done: number[] = [];
  const open: number[] = [];
  for (const place of calls) (history[place]?.return === undefined ? open : done).push(place);
  const completed = done.length;
  const source = Int32Array.from(done.concat(open));
  const operations: Operation<Op>[] = [];
  for (const place of source) operations.push(history[place] as Operation<Op>);
  const returns = inOrderOfReturns(operations, completed);
  const inCallOrder = idsByCall(calls, source, completed);
  const callAt = new Int32Array(source.length);
  const returnAt = new Int32Array(source.length).fill(OPEN);
  let events = 0;
  let next = 0;
  for (const id of inCallOrder) {
    const { call } = operations[id] as Operation<Op>;
    while (next < completed && returnOf(operations, returns[next] as number) < call)
      returnAt[returns[next++] as number] = events++;
    callAt[id] = events++;
  }
  while (next < completed) returnAt[returns[next++] as number] = events++;
  return { operations, source, completed, callAt, returnAt, events };
}

function returnOf<Op>(operations: readonly Operation<Op>[], id: number): number {
  return operations[id]?.return as number;
}

/** Places by call and then by place; what is in order already, as recorded histories are, costs nothing. */
function inOrderOfCalls<Op>(history: History<Op>, places: readonly number[]): readonly number[] {
  const callOf = (place: number): number => (history[place] as Operation<Op>).call;
  for (let i = 1; i < places.length; i++) {
    const [before, after] = [places[i - 1] as number, places[i] as number];
    if ((history[before] as Operation<Op>).call > (history[after] as Operation<Op>).call)
      return [...places].sort((a, b) => callOf(a) - callOf(b) || a - b);
  }
  return places;
}

/** The first `completed` operations by return and then by number. */
function inOrderOfReturns<Op>(operations: readonly Operation<Op>[], completed: number): number[] {
  const ids: number[] = [];
  let isOrdered = true;
  for (let id = 0; id < completed; id++) {
    ids.push(id);
    if (id > 0 && returnOf(operations, id - 1) > returnOf(operations, id)) isOrdered = false;
  }
  return isOrdered ? ids : ids.sort((a, b) => returnOf(operations, a) - returnOf(operations, b) || a - b);
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
