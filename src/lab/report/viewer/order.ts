import type { ReportModel } from "../model.ts";
import { firstAfter } from "../state-at.ts";

/** Moments at which something happened, as an axis with equal distances between them: bursts open up, silence shrinks. */
export class EventOrder {
  readonly #times: Float64Array;

  /** @param models  A run, or several that are to stand on one axis. */
  constructor(...models: readonly ReportModel[]) {
    const times = new Set<number>([0]);
    for (const model of models) addTimes(model, times);
    this.#times = Float64Array.from(times).sort();
  }

  /** How many moments lie before a time, with the part of the way to the next. */
  rank(time: number): number {
    const times = this.#times;
    const place = Math.max(1, Math.min(times.length - 1, firstAfter(times, time)));
    const before = times[place - 1] as number;
    return place - 1 + (time - before) / Math.max(1, (times[place] as number) - before);
  }

  time(rank: number): number {
    const times = this.#times;
    const place = Math.max(0, Math.min(times.length - 2, Math.floor(rank)));
    const before = times[place] as number;
    return before + (rank - place) * ((times[place + 1] ?? before) - before);
  }

  /** The next moment after a time, or the last before it. */
  step(time: number, direction: 1 | -1): number | undefined {
    const after = firstAfter(this.#times, time);
    if (direction > 0) return this.#times[after];
    const before = this.#times[after - 1];
    return before === time ? this.#times[after - 2] : before;
  }
}

function addTimes(model: ReportModel, times: Set<number>): void {
  times.add(model.endTime);
  const { sent, took } = model.messages;
  for (let row = 0; row < sent.length; row++)
    times.add(sent[row] as number).add((sent[row] as number) + (took[row] as number));
  for (const lane of model.nodes) {
    for (const { bands } of lane.states) for (const band of bands) times.add(band.from);
    for (const span of lane.process) times.add(span.from).add(span.to);
  }
  for (const fault of model.faults) times.add(fault.from).add(fault.to);
}
