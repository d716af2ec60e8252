import type { ReportModel } from "../model.ts";
import { firstAfter } from "../state-at.ts";

/** Where a moment of a lane stands; −1 for what belongs to none. */
export type Placing = (time: number, lane: number) => number;

/** Moments at which something happened, as an axis with equal distances between them: bursts open up, silence shrinks. */
export class EventOrder {
  readonly #times: Float64Array;

  /** @param models  A run, or several that are to stand on one axis. */
  constructor(...models: readonly ReportModel[]) {
    this.#times = momentsOf(models);
  }

  /** How many moments lie before a time, with the part of the way to the next. */
  rank(time: number): number {
    return rankIn(this.#times, time);
  }

  time(rank: number): number {
    return momentIn(this.#times, rank);
  }

  /** The next moment after a time, or the last before it. */
  step(time: number, direction: 1 | -1): number | undefined {
    const after = firstAfter(this.#times, time);
    if (direction > 0) return this.#times[after];
    const before = this.#times[after - 1];
    return before === time ? this.#times[after - 2] : before;
  }
}

/** How many of rising moments lie before one, with the part of the way to the next. */
export function rankIn(moments: Float64Array, moment: number): number {
  const place = Math.max(1, Math.min(moments.length - 1, firstAfter(moments, moment)));
  const before = moments[place - 1] as number;
  return place - 1 + (moment - before) / ((moments[place] as number) - before || 1);
}

/** The moment of a rank. */
export function momentIn(moments: Float64Array, rank: number): number {
  const place = Math.max(0, Math.min(moments.length - 2, Math.floor(rank)));
  const before = moments[place] as number;
  return before + (rank - place) * ((moments[place + 1] ?? before) - before);
}

/** Every moment of some runs at which something happened, once, in order. */
export function momentsOf(models: readonly ReportModel[], placed: Placing = (time) => time): Float64Array {
  const times = new Set<number>();
  const add = (time: number, lane = -1): void => {
    times.add(placed(time, lane));
  };
  for (const { endTime, messages, nodes, faults, stamps } of models) {
    const { sent, took, from, to } = messages;
    for (const lane of [-1, ...nodes.keys()]) for (const time of [0, endTime]) add(time, lane);
    for (let row = 0; row < sent.length; row++) {
      add(sent[row] as number, from[row]);
      add((sent[row] as number) + (took[row] as number), to[row]);
    }
    nodes.forEach(({ states, process }, lane) => {
      for (const { bands } of states) for (const band of bands) add(band.from, lane);
      for (const span of process) for (const time of [span.from, span.to]) add(time, lane);
    });
    for (let place = 0; place < stamps.at.length; place++) add(stamps.at[place] as number, stamps.node[place]);
    for (const fault of faults) for (const time of [fault.from, fault.to]) add(time);
  }
  return Float64Array.from(times).sort();
}
