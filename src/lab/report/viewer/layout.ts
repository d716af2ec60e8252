import type { Partition, ReportModel } from "../model.ts";

export const GUTTER = 128;
export const RIGHT = 4;
export const ROLE_HEIGHT = 20;
export const SUB_HEIGHT = 14.5;
const SUB_PITCH = 16;
const LANE_PITCH = 78;
const LANE_PITCH_MIN = 46;
const GROUP_GAP = 30;
/** Where lanes get closer so that the whole picture stays on a screen. */
const ROOMY_LANES = 8;
const CLOCKS_MAX = 4;

/** Where everything is, px from the top; horizontal places depend on the window and are in {@link View}. */
export interface Layout {
  readonly discs: number;
  readonly faults: number;
  readonly faultPitch: number;
  readonly writers: number;
  readonly lanes: readonly { readonly top: number; readonly bottom: number }[];
  /** Node lanes whose clocks are drawn, and where. */
  readonly clocks: readonly { readonly lane: number; readonly top: number }[];
  readonly clients: readonly number[];
  readonly clientHeight: number;
  readonly acknowledged: number;
  readonly rulesEnd: number;
  readonly height: number;
  /** Areas of the groups of each partition, and the boundaries between them. */
  readonly sides: readonly PartitionLayout[];
}

export interface PartitionLayout {
  readonly partition: Partition;
  /** Runs of adjacent lanes of one group. */
  readonly areas: readonly {
    readonly group: number;
    readonly top: number;
    readonly bottom: number;
    readonly isLast: boolean;
  }[];
  /** Boundaries between areas, top to bottom. */
  readonly boundaries: readonly number[];
}

export function layOut(model: ReportModel): Layout {
  const faultRows = model.faults.reduce((most, fault) => Math.max(most, fault.row + 1), 0);
  const faults = 58;
  const faultPitch = 20;
  const writers = faults + faultRows * faultPitch + 8;
  let y = writers + (model.writers === undefined ? 4 : 36);
  const spare = Math.max(0, model.nodes.length - ROOMY_LANES) * 4;
  const pitch = Math.max(LANE_PITCH_MIN, LANE_PITCH - spare);
  const lanes = model.nodes.map((lane, index) => {
    const top = y;
    const next = model.nodes[index + 1];
    const bottom = top + ROLE_HEIGHT + lane.rows.length * SUB_PITCH;
    y +=
      pitch +
      Math.max(0, lane.rows.length - 1) * SUB_PITCH +
      (next !== undefined && next.group !== lane.group ? GROUP_GAP : 0);
    if (next === undefined) y = bottom + 24;
    return { top, bottom };
  });
  const clocks: { lane: number; top: number }[] = [];
  model.nodes.forEach((lane, index) => {
    if (lane.clock.at.length === 0 || clocks.length >= CLOCKS_MAX) return;
    clocks.push({ lane: index, top: y });
    y += 44;
  });
  const clientPitch = model.clients.length > 8 ? 20 : 30;
  if (model.clients.length > 0) y += 14;
  const clients = model.clients.map((_, index) => y + index * clientPitch);
  y += model.clients.length * clientPitch;
  const acknowledged = y + 8;
  if (model.clients.length > 0) y += 22;
  return {
    discs: 36,
    faults,
    faultPitch,
    writers,
    lanes,
    clocks,
    clients,
    clientHeight: 14,
    acknowledged,
    rulesEnd: y,
    height: y + 34,
    sides: model.partitions.map((partition) => sidesOf(partition, lanes)),
  };
}

function sidesOf(partition: Partition, lanes: Layout["lanes"]): PartitionLayout {
  const groupOf = lanes.map((_, lane) => partition.groups.findIndex((group) => group.includes(lane)));
  const runs: { group: number; first: number; last: number }[] = [];
  groupOf.forEach((group, lane) => {
    const run = runs[runs.length - 1];
    if (run?.group === group) run.last = lane;
    else runs.push({ group, first: lane, last: lane });
  });
  const edge = (above: number): number => ((lanes[above]?.bottom ?? 0) + (lanes[above + 1]?.top ?? 0)) / 2;
  const areas = runs.map((run, index) => ({
    group: run.group,
    top: index === 0 ? (lanes[run.first]?.top ?? 0) - 10 : edge(run.first - 1),
    bottom: index === runs.length - 1 ? (lanes[run.last]?.bottom ?? 0) + 12 : edge(run.last),
    isLast: index === runs.length - 1,
  }));
  return {
    partition,
    areas: areas.filter((area) => area.group >= 0),
    boundaries: runs.slice(0, -1).map((run) => edge(run.last)),
  };
}

/** A scale of events in place of time; a lane may have its moments elsewhere than what belongs to none (−1). */
export interface Axis {
  rank(time: number, lane?: number): number;
  time(rank: number, lane?: number): number;
}

/** A window of time on a canvas of some width. */
export interface View {
  readonly from: number;
  readonly to: number;
  readonly width: number;
  /** Equal distances between events instead of equal times; `undefined` for a plain time axis. */
  readonly order: Axis | undefined;
  /** All moments that are in sight in some lane. */
  readonly seen: { readonly from: number; readonly to: number };
}

/** Horizontal place of a moment; of a node's, with its lane. */
export function xAt(view: View, time: number, lane = -1): number {
  const { from, to, order } = view;
  const width = view.width - RIGHT - GUTTER;
  if (order === undefined) return GUTTER + ((time - from) / (to - from)) * width;
  const first = order.rank(from);
  return GUTTER + ((order.rank(time, lane) - first) / (order.rank(to) - first)) * width;
}

/** The moment at a horizontal place. */
export function timeAt(view: View, x: number, lane = -1): number {
  const { from, to, order } = view;
  const part = (x - GUTTER) / (view.width - RIGHT - GUTTER);
  if (order === undefined) return from + part * (to - from);
  const first = order.rank(from);
  return order.time(first + part * (order.rank(to) - first), lane);
}

/** A stretch of time in px, cut to the plot; `undefined` when it lies outside. */
export function spanAt(
  view: View,
  from: number,
  to: number,
  lane = -1,
): { readonly left: number; readonly right: number } | undefined {
  if (to < view.seen.from || from > view.seen.to) return undefined;
  const left = xAt(view, from, lane);
  const right = xAt(view, to, lane);
  if (right < GUTTER || left > view.width - RIGHT) return undefined;
  return { left: Math.max(GUTTER, left), right: Math.min(view.width - RIGHT, right) };
}
