import type { ReportModel } from "../model.ts";
import { firstAfter } from "../state-at.ts";
import type { Axis } from "./layout.ts";
import { momentIn, momentsOf, rankIn } from "./order.ts";

/** Moments of one lane and where its stamps put them, both rising. */
interface Anchors {
  readonly at: number[];
  readonly by: number[];
}

/**
 * Events in the order of their stamps, as an axis with equal distances between them.
 *
 * A node's stamps put its moments where they say; what has no stamp keeps its place between those of its node, by time. What belongs
 * to no node, and nodes without a clock of this kind, keep true time.
 */
export class HlcOrder implements Axis {
  /** By lane; none for a node without stamps. */
  readonly #anchors: readonly (Anchors | undefined)[];
  readonly #moments: Float64Array;
  readonly #endTime: number;

  constructor(model: ReportModel) {
    this.#endTime = model.endTime;
    this.#anchors = anchorsOf(model);
    this.#moments = momentsOf([model], (time, lane) => this.#placed(time, lane));
  }

  rank(time: number, lane = -1): number {
    // The whole run has room for stamps from before its beginning and after its end.
    if (lane < 0 && time <= 0) return 0;
    if (lane < 0 && time >= this.#endTime) return this.#moments.length - 1;
    return rankIn(this.#moments, this.#placed(time, lane));
  }

  time(rank: number, lane = -1): number {
    const moment = momentIn(this.#moments, rank);
    const anchors = this.#anchors[lane];
    const time = anchors === undefined ? moment : mapped(moment, anchors.by, anchors.at);
    return Math.max(0, Math.min(this.#endTime, time));
  }

  /** A moment of a lane as its stamps have it. */
  #placed(time: number, lane: number): number {
    const anchors = this.#anchors[lane];
    return anchors === undefined ? time : mapped(time, anchors.at, anchors.by);
  }
}

/** Stamps of one millisecond share it evenly, in their order. */
function anchorsOf({ stamps, nodes, names }: ReportModel): (Anchors | undefined)[] {
  const { at, node, ms, counter } = stamps;
  const name = (place: number): string => names[node[place] as number] ?? "";
  const sorted = Array.from(at, (_, place) => place).sort(
    (a, b) =>
      (ms[a] as number) - (ms[b] as number) ||
      (counter[a] as number) - (counter[b] as number) ||
      (name(a) < name(b) ? -1 : 1),
  );
  const moments = new Float64Array(at.length);
  for (let first = 0, next = 0; first < sorted.length; first = next) {
    const millis = ms[sorted[first] as number] as number;
    while (next < sorted.length && ms[sorted[next] as number] === millis) next++;
    for (let place = first; place < next; place++)
      moments[sorted[place] as number] = (millis + (place - first) / (next - first)) * 1_000;
  }
  const anchors = nodes.map((): Anchors => ({ at: [], by: [] }));
  for (let place = 0; place < at.length; place++) {
    const lane = anchors[node[place] as number] as Anchors;
    lane.at.push(at[place] as number);
    // A clock that gave a smaller stamp after a larger one is wrong: its later moments stay behind its earlier ones.
    lane.by.push(Math.max(moments[place] as number, lane.by[lane.by.length - 1] ?? -Infinity));
  }
  return anchors.map((lane) => (lane.at.length === 0 ? undefined : lane));
}

/** Between two anchors in proportion; before the first and after the last, as far as it is from them. */
function mapped(value: number, from: readonly number[], to: readonly number[]): number {
  const next = firstAfter(from, value);
  const before = from[next - 1];
  const after = from[next];
  if (before === undefined) return (to[0] as number) - ((after ?? 0) - value);
  if (after === undefined) return (to[next - 1] as number) + (value - before);
  const low = to[next - 1] as number;
  return low + ((value - before) / (after - before)) * ((to[next] as number) - low);
}
