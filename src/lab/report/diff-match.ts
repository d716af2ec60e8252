import { RECORD_KINDS, type Micros, type RecordId } from "../../trace/record.ts";
import type { Trace } from "../../trace/trace.ts";
import { kindAt, kindName, linkedAt, nodeName, otherName, ownName } from "../../trace/why/columns.ts";

/** What one run has and the other has not, or has at another moment, or with other contents. */
export type DiffMark = "only-first" | "only-second" | "moved" | "changed";

/** A record that is not the same in both runs; −1 in the run that lacks it. */
export interface Difference {
  readonly mark: DiffMark;
  readonly first: RecordId;
  readonly second: RecordId;
}

/** Records of one kind, counted by what became of them in the other run. */
export type DiffCounts = Readonly<Record<DiffMark | "same", number>>;

export interface RunMatch {
  /** In order of time; where the runs have different times, that of the earlier. */
  readonly differences: readonly Difference[];
  /** By kind, in stored order; kinds that are in neither run are left out. */
  readonly counts: readonly { readonly kind: (typeof RECORD_KINDS)[number]; readonly counts: DiffCounts }[];
}

type Pair = readonly [first: RecordId, second: RecordId];

const OPENERS: ReadonlySet<string> = new Set(["sent", "invoke"]);
/** What became of a message or of a call; each names the record it belongs to. */
export const FOLLOWERS: ReadonlySet<string> = new Set(["delivered", "dropped", "duplicated", "complete"]);

/**
 * Matches what two runs did after they parted, by node, kind, name and occurrence. What became of a message or of a call belongs to
 * it: a delivery is matched with the delivery of the same message, whatever else arrived in between.
 *
 * Records of one node, kind and name that stand at the same moment in both runs are each other's match; those between two such
 * moments are matched in their order.
 *
 * @param from  The first record in which the runs differ; all before it are the same.
 */
export function matchRuns(first: Trace, second: Trace, from: RecordId): RunMatch {
  const openers = pairUp(grouped(first, from, openerKey), grouped(second, from, openerKey), { first, second });
  const [inFirst, inSecond] = [new Map<RecordId, number>(), new Map<RecordId, number>()];
  for (const [number, [a, b]] of openers.entries()) {
    if (a >= 0) inFirst.set(a, number);
    if (b >= 0) inSecond.set(b, number);
  }
  const others = pairUp(
    grouped(first, from, (trace, id) => otherKey(trace, id, inFirst)),
    grouped(second, from, (trace, id) => otherKey(trace, id, inSecond)),
    { first, second },
  );
  const totals = new Map(RECORD_KINDS.map((kind) => [kind, emptyCounts()]));
  const differences: Difference[] = [];
  for (const [a, b] of [...openers, ...others]) {
    const mark = markOf(first, second, [a, b]);
    const kind = a >= 0 ? kindName(first, a) : kindName(second, b);
    (totals.get(kind) as Record<DiffMark | "same", number>)[mark]++;
    if (mark !== "same") differences.push({ mark, first: a, second: b });
  }
  const orders = differences.map((one) => ({ one, time: timeOf(first, second, one) }));
  orders.sort((x, y) => x.time - y.time || placeOf(x.one) - placeOf(y.one));
  return {
    differences: orders.map(({ one }) => one),
    counts: [...totals]
      .map(([kind, counts]) => ({ kind, counts }))
      .filter(({ counts }) => Object.values(counts).some((count) => count > 0)),
  };
}

/** When a difference is first seen, in either run. */
export function timeOf(first: Trace, second: Trace, { first: a, second: b }: Difference): Micros {
  return Math.min(a < 0 ? Infinity : first.time(a), b < 0 ? Infinity : second.time(b));
}

/** Orders differences of one moment: as the runs wrote them, the first run's before the second's. */
function placeOf({ first, second }: Difference): number {
  return first >= 0 ? 2 * first : 2 * second + 1;
}

function emptyCounts(): Record<DiffMark | "same", number> {
  return { same: 0, "only-first": 0, "only-second": 0, moved: 0, changed: 0 };
}

function markOf(first: Trace, second: Trace, [a, b]: Pair): DiffMark | "same" {
  if (b < 0) return "only-first";
  if (a < 0) return "only-second";
  if (first.time(a) !== second.time(b)) return "moved";
  return contentsOf(first, a) === contentsOf(second, b) ? "same" : "changed";
}

/** What a record says beyond its key. The contents of a message are those of its sending, and told there. */
function contentsOf(trace: Trace, id: RecordId): string {
  const record = trace.record(id);
  switch (record.kind) {
    case "delivered":
    case "timer":
      return "";
    case "dropped":
      return `${record.reason} ${record.fault}`;
    case "duplicated":
      return record.fault;
    default:
      return bodyText(trace, id);
  }
}

function bodyText(trace: Trace, id: RecordId): string {
  const body = trace.body(id);
  return body === undefined ? "" : JSON.stringify(body);
}

function openerKey(trace: Trace, id: RecordId): string | undefined {
  return OPENERS.has(kindName(trace, id)) ? ownKey(trace, id) : undefined;
}

/** @param openers  Numbers of the sendings and calls after the runs parted, the same in both runs for a matched pair. */
function otherKey(trace: Trace, id: RecordId, openers: ReadonlyMap<RecordId, number>): string | undefined {
  const kind = kindName(trace, id);
  if (OPENERS.has(kind)) return undefined;
  if (!FOLLOWERS.has(kind)) return ownKey(trace, id);
  const opener = linkedAt(trace, id);
  const number = openers.get(opener);
  // Before the runs parted records have the same numbers.
  const origin = number === undefined ? `#${String(opener)}` : `+${String(number)}`;
  return `${kind} ${kind === "complete" ? ownName(trace, id) : ""} ${origin}`;
}

/** Node, kind and name; the receiver and the key of a message, the key of a call, the value of a state, the phase of a fault. */
function ownKey(trace: Trace, id: RecordId): string {
  const parts = [kindAt(trace, id), nodeName(trace, id), otherName(trace, id), ownName(trace, id)];
  const body = trace.body(id);
  if (kindName(trace, id) === "sent" && body !== null && typeof body === "object" && "key" in body)
    parts.push(JSON.stringify(body.key));
  return JSON.stringify(parts);
}

function grouped(
  trace: Trace,
  from: RecordId,
  keyOf: (trace: Trace, id: RecordId) => string | undefined,
): ReadonlyMap<string, RecordId[]> {
  const groups = new Map<string, RecordId[]>();
  for (let id = from; id < trace.count; id++) {
    const key = keyOf(trace, id);
    if (key === undefined) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [id]);
    else group.push(id);
  }
  return groups;
}

function pairUp(
  inFirst: ReadonlyMap<string, readonly RecordId[]>,
  inSecond: ReadonlyMap<string, readonly RecordId[]>,
  traces: { readonly first: Trace; readonly second: Trace },
): Pair[] {
  const pairs: Pair[] = [];
  for (const [key, ids] of inFirst) pairGroup(ids, inSecond.get(key) ?? [], traces, pairs);
  for (const [key, ids] of inSecond) if (!inFirst.has(key)) for (const id of ids) pairs.push([-1, id]);
  return pairs;
}

/** Pairs those at the same moment, and between two such pairs the others in their order. Both lists are in order of time. */
function pairGroup(
  a: readonly RecordId[],
  b: readonly RecordId[],
  { first, second }: { readonly first: Trace; readonly second: Trace },
  pairs: Pair[],
): void {
  let [i, j, startA, startB] = [0, 0, 0, 0];
  const pairBetween = (): void => {
    for (let k = 0; startA + k < i || startB + k < j; k++)
      pairs.push([
        startA + k < i ? (a[startA + k] as RecordId) : -1,
        startB + k < j ? (b[startB + k] as RecordId) : -1,
      ]);
  };
  while (i < a.length && j < b.length) {
    const order = first.time(a[i] as RecordId) - second.time(b[j] as RecordId);
    if (order < 0) i++;
    else if (order > 0) j++;
    else {
      pairBetween();
      pairs.push([a[i++] as RecordId, b[j++] as RecordId]);
      [startA, startB] = [i, j];
    }
  }
  [i, j] = [a.length, b.length];
  pairBetween();
}
