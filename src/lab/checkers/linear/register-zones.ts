import type { Access } from "./model.ts";
import type { Value } from "./operation.ts";
import { OPEN, type Timeline } from "./timeline.ts";

/** What makes the history of a register impossible. */
export interface ZoneConflict {
  readonly rule: string;
  /** Operations that cannot be ordered, whatever the others do. */
  readonly core: readonly number[];
}

/** A write of one value and the reads of it. Operations are numbers of the timeline; −1 is the beginning. */
interface Cluster {
  readonly value: Value;
  readonly write: number;
  /** The earliest return, and whose; {@link OPEN} when nothing has returned. */
  first: number;
  firstOf: number;
  /** The latest call, and whose. */
  last: number;
  lastOf: number;
  reads: number;
}

/**
 * Judges the history of a read/write register whose written values are distinct, in O(n log n).
 *
 * All operations on one value stand together in any legal order. From the first return to the last call among them, the value was
 * there (a forward zone), or, when all of them overlap, it was there at some moment between (a backward zone). So two forward zones
 * may not overlap, and no backward zone may lie inside a forward one.
 *
 * @see Gibbons & Korach 1997, "Testing shared memories", theorem 4.2.
 */
export class RegisterZones {
  readonly #timeline: Timeline<unknown>;
  readonly #accesses: readonly Access[];
  readonly #initial: Value;

  /** @returns `undefined` when the history is not one of reads and writes of distinct values. */
  static of(
    timeline: Timeline<unknown>,
    accesses: readonly (Access | undefined)[],
    initial: Value | undefined,
  ): RegisterZones | undefined {
    if (initial === undefined) return undefined;
    const written = new Set<Value>([initial]);
    for (const access of accesses) {
      if (access === undefined || access.avoids !== undefined) return undefined;
      if (access.writes === undefined) continue;
      if (access.reads !== undefined || written.has(access.writes)) return undefined;
      written.add(access.writes);
    }
    return new RegisterZones(timeline, accesses as readonly Access[], initial);
  }

  private constructor(timeline: Timeline<unknown>, accesses: readonly Access[], initial: Value) {
    this.#timeline = timeline;
    this.#accesses = accesses;
    this.#initial = initial;
  }

  /** Judges the events before place `end`: what had not returned by then was still under way. */
  judge(end: number = OPEN): ZoneConflict | undefined {
    const clusters = this.#writes(end);
    const wrong = this.#addReads(clusters, end);
    if (wrong !== undefined) return wrong;
    const { forward, backward } = zonesOf(clusters.values());
    for (let i = 1; i < forward.length; i++) {
      const [a, b] = [forward[i - 1] as Cluster, forward[i] as Cluster];
      if (b.first < a.last) return conflict("two values were each there before and after the other", a, b);
    }
    return insideForward(forward, backward);
  }

  /**
   * Numbers of operations in an order that is legal, where {@link judge} found nothing.
   *
   * A forward zone has its write where it begins and each read there or, when it is called later, at its call. A backward zone has all
   * at its last call, or where the forward zone around that ends, which is no later than its first return: it does not lie inside.
   */
  order(): number[] {
    const { completed, callAt } = this.#timeline;
    const clusters = this.#writes(OPEN);
    this.#addReads(clusters, OPEN);
    const { forward, backward } = zonesOf(clusters.values());
    const readers = this.#readers();
    const points: { readonly at: number; readonly id: number }[] = [];
    const put = ({ write, value }: Cluster, from: number): void => {
      if (write >= 0) points.push({ at: from, id: write });
      for (const id of readers.get(value) ?? []) points.push({ at: Math.max(from, callAt[id] as number), id });
    };
    for (const cluster of forward) put(cluster, cluster.first);
    for (const cluster of backward) {
      const outer = lastBefore(forward, cluster.last);
      put(cluster, Math.max(cluster.last, outer?.last ?? cluster.last));
    }
    // A read of which nobody knows what it read is legal everywhere.
    for (let id = 0; id < completed; id++) {
      const access = this.#accesses[id];
      if (access?.reads === undefined && access?.writes === undefined) points.push({ at: callAt[id] as number, id });
    }
    // At one place a forward zone comes first, and a write before what reads it: in the order in which they were put.
    return points.sort((a, b) => a.at - b.at).map(({ id }) => id);
  }

  /** Reads by what they read, in order of their calls. */
  #readers(): Map<Value, number[]> {
    const readers = new Map<Value, number[]>();
    for (let id = 0; id < this.#timeline.completed; id++) {
      const value = this.#accesses[id]?.reads;
      if (value === undefined) continue;
      const list = readers.get(value);
      if (list === undefined) readers.set(value, [id]);
      else list.push(id);
    }
    return readers;
  }

  /** The place of the first return at which the history became impossible; {@link judge} finds a conflict before its end. */
  firstBad(): number {
    const { completed, returnAt } = this.#timeline;
    const ends = returnAt.slice(0, completed).sort();
    let low = 0;
    let high = completed - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.judge((ends[middle] as number) + 1) === undefined) low = middle + 1;
      else high = middle;
    }
    return ends[low] as number;
  }

  #writes(end: number): Map<Value, Cluster> {
    const { callAt, returnAt, source } = this.#timeline;
    const clusters = new Map<Value, Cluster>();
    const start = { value: this.#initial, write: -1, first: -1, firstOf: -1, last: -1, lastOf: -1, reads: 0 };
    clusters.set(this.#initial, start);
    for (let id = 0; id < source.length; id++) {
      const value = this.#accesses[id]?.writes;
      const call = callAt[id] as number;
      if (value === undefined || call >= end) continue;
      const until = returnAt[id] as number;
      const first = until < end ? until : OPEN;
      clusters.set(value, { value, write: id, first, firstOf: id, last: call, lastOf: id, reads: 0 });
    }
    return clusters;
  }

  #addReads(clusters: Map<Value, Cluster>, end: number): ZoneConflict | undefined {
    const { callAt, returnAt, completed } = this.#timeline;
    for (let id = 0; id < completed; id++) {
      const value = this.#accesses[id]?.reads;
      const until = returnAt[id] as number;
      if (value === undefined || until >= end) continue;
      const cluster = clusters.get(value);
      if (cluster === undefined) return { rule: "a value was read that was never written before", core: [id] };
      const call = callAt[id] as number;
      const { write } = cluster;
      if (write >= 0 && until < (callAt[write] as number))
        return { rule: "a value was read before it was written", core: [id, write] };
      cluster.reads++;
      if (until < cluster.first) {
        cluster.first = until;
        cluster.firstOf = id;
      }
      if (call > cluster.last) {
        cluster.last = call;
        cluster.lastOf = id;
      }
    }
    return undefined;
  }
}

/** Forward zones in order of their beginnings, and backward zones. */
function zonesOf(clusters: Iterable<Cluster>): { readonly forward: Cluster[]; readonly backward: Cluster[] } {
  const forward: Cluster[] = [];
  const backward: Cluster[] = [];
  for (const cluster of clusters) {
    // A write that is open and that nobody has read need not have happened.
    if (cluster.first === OPEN) continue;
    (cluster.first < cluster.last ? forward : backward).push(cluster);
  }
  forward.sort((a, b) => a.first - b.first);
  return { forward, backward };
}

/** The last forward zone that begins before a place; they are sorted. */
function lastBefore(forward: readonly Cluster[], place: number): Cluster | undefined {
  let low = 0;
  let high = forward.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((forward[middle] as Cluster).first < place) low = middle + 1;
    else high = middle;
  }
  return forward[low - 1];
}

/** Forward zones are disjoint here: of those, only the last that begins before a backward zone can hold it. */
function insideForward(forward: readonly Cluster[], backward: readonly Cluster[]): ZoneConflict | undefined {
  for (const inner of backward) {
    const outer = lastBefore(forward, inner.last);
    if (outer !== undefined && inner.first < outer.last)
      return conflict("a value came back after another had taken its place", outer, inner);
  }
  return undefined;
}

function conflict(rule: string, a: Cluster, b: Cluster): ZoneConflict {
  const core = [a.write, a.firstOf, a.lastOf, b.write, b.firstOf, b.lastOf].filter((id) => id >= 0);
  return { rule, core: [...new Set(core)] };
}
