import type { RecordId } from "../record.ts";
import type { Trace } from "../trace.ts";
import { causeAt, COMPLETE, DELIVERED, FAULT, kindAt, likenessOf, linkedAt, TIMER } from "./columns.ts";

/** One record on the way from an effect back to its first cause. */
export interface Step {
  readonly index: RecordId;
  /** The record it led to; of those told. */
  readonly explains: RecordId;
  /** Records told before it. */
  readonly hops: number;
}

/**
 * Walks from a record back along its causes, to a fault, a root, or a record that an earlier walk has seen.
 *
 * What repeats is told once, where it is nearest to the effect: a heartbeat's timer is armed by the one before, back to the election
 * of its leader, and only the last and the election say anything. Each record is visited once by all walks with the same `seen`.
 *
 * @param seen Records already visited; grows.
 */
export function wayBack(trace: Trace, from: RecordId, seen: Set<RecordId>): Step[] {
  const steps: Step[] = [];
  const told = new Set<number>();
  let explains = -1;
  for (let id = from; id >= 0 && !seen.has(id); id = causeAt(trace, id)) {
    seen.add(id);
    const likeness = likenessOf(trace, id);
    // Phases of one fault are alike and each is told.
    if (told.has(likeness) && kindAt(trace, id) !== FAULT) continue;
    told.add(likeness);
    steps.push({ index: id, explains, hops: steps.length });
    if (kindAt(trace, id) === COMPLETE && !seen.has(linkedAt(trace, id)))
      steps.push({ index: linkedAt(trace, id), explains: id, hops: steps.length });
    explains = id;
  }
  return steps;
}

/** The first message or timer on the way back from a record, which may be itself: whose handling made it. −1 when there is none. */
export function triggerOf(trace: Trace, from: RecordId): RecordId {
  let id = from;
  while (id >= 0 && kindAt(trace, id) !== DELIVERED && kindAt(trace, id) !== TIMER) id = causeAt(trace, id);
  return id;
}
