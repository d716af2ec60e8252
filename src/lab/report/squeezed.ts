import type { Column } from "./columns.ts";
import type { ClientLane, Messages, NodeLane, Operations, Points, ReportModel, Stamps } from "./model.ts";
import { firstAfter } from "./state-at.ts";

/**
 * Moments told by what they came from. Most of what happens at a node happens when a message arrives there: its time, its node and
 * its cause are then those of the arrival, and one small number says which.
 */
export interface SqueezedMoments {
  /** 0: nothing arrived. Else the place of an arrival in their order, minus that of the one told before, zigzag, plus 1. */
  readonly arrival: Column;
  /** 0: at once. 1: as long after that arrival as the last that came of it later. 2: as {@link wait} says. One a row with an arrival. */
  readonly late: Column;
  readonly wait: Column;
  /** Time since the row before. One a row without an arrival, like the next two. */
  readonly step: Column;
  readonly place: Column;
  /** 0 for none, else how many records back. */
  readonly back: Column;
}

/** Messages without what their causes tell. */
export interface SqueezedMessages extends Pick<Messages, "fate" | "flags" | "record"> {
  readonly moments: SqueezedMoments;
  /** Link by link, in the order in which they are first used: one link's are like each other. */
  readonly took: Column;
  /** How many messages each of those links has. */
  readonly links: Column;
  /** 0: back to where what it came from was sent. Else the lane, plus 1. */
  readonly to: Column;
  /** 0: as the last one that came from a message of the same type, or, of its own accord, from the same lane. Else the type, plus 1. */
  readonly type: Column;
}

export interface SqueezedPoints extends Pick<Points, "words" | "record" | "texts" | "left"> {
  readonly moments: SqueezedMoments;
}

/** Operations without what messages tell: when one began, and the message that ended it. */
export interface SqueezedOperations extends Pick<Operations, "outcome" | "words" | "record"> {
  /** Since the first message that was sent after it. */
  readonly call: Column;
  readonly ends: SqueezedMoments;
}

export interface SqueezedClient extends Omit<ClientLane, "operations"> {
  readonly operations: SqueezedOperations;
}

/** Stamps of clocks by the points at which they were given out. */
export interface SqueezedStamps extends Pick<Stamps, "counter" | "odd" | "epochMs"> {
  /** Places among the points. */
  readonly points: Column;
  /** Minus the whole ms of their moments. */
  readonly ms: Column;
}

/** A run as a page stores it; the ends of bands are told by the next band's beginning. */
export type SqueezedRun = Omit<ReportModel, "messages" | "points" | "stamps" | "clients" | "acknowledged"> & {
  readonly messages: SqueezedMessages;
  readonly points: SqueezedPoints;
  /** As they were where a point of theirs is not in the page. */
  readonly stamps: Stamps | SqueezedStamps;
  readonly clients: readonly SqueezedClient[];
  /** For each acknowledged operation, in order of its end, whether it is in the column; the column itself where they do not tell it. */
  readonly acknowledged: { readonly isIn?: Column; readonly at?: Column };
};

/** When the first message after a record was sent; 0 when there is none. */
export function nextSending({ sent, record }: Pick<Messages, "sent" | "record">, after: number): number {
  return sent[firstAfter(record, after)] ?? 0;
}

/** The whole ms of a moment. */
export function wholeMs(at: number): number {
  return Math.floor(at / 1_000);
}

/** Bands with their ends as the distance to what follows, the next band or the end of the run; done twice, as they were. */
export function bandEnds(nodes: readonly NodeLane[], endTime: number): readonly NodeLane[] {
  return nodes.map((lane) => ({
    ...lane,
    states: lane.states.map((track) => ({
      ...track,
      bands: track.bands.map((band, place) => ({ ...band, to: (track.bands[place + 1]?.from ?? endTime) - band.to })),
    })),
  }));
}

/** Ends of the operations that were acknowledged, in order. */
export function acknowledgedEnds(clients: readonly ClientLane[]): readonly number[] {
  const ends = clients.flatMap(({ operations: { end, outcome } }) =>
    Array.from(end).filter((_, place) => outcome[place] === 0),
  );
  return ends.sort((a, b) => a - b);
}

/**
 * What the type of a message is guessed by: the type of the one it came from and whether it goes back there, or its lane.
 *
 * @param cause  Type of the message it came from; −1 for none.
 * @returns A small number from 0 on.
 */
export function guessKey(cause: number, isBack: boolean, lane: number): number {
  return cause < 0 ? 3 * lane : 3 * cause + (isBack ? 1 : 2);
}
