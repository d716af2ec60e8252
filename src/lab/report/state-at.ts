import type { Column } from "./columns.ts";
import type { Band, NodeLane, ReportModel, StepLine } from "./model.ts";

/** One row of the table "all nodes at a moment". */
export interface NodeMoment {
  readonly node: string;
  /** Letter of its group while a partition lasts; `""` else. */
  readonly group: string;
  /** `up`, `down` or `paused`. */
  readonly process: string;
  readonly main: Band | undefined;
  /** Every other state that has a value: key and words. */
  readonly states: readonly { readonly key: string; readonly value: string; readonly since: number }[];
  readonly mayWrite: "yes" | "no" | "";
  /** Commit index; −1 when not known. */
  readonly commit: number;
  /** Wall clock minus true time, µs. */
  readonly offset: number;
}

/** What every node was and claimed at a moment, in lane order. */
export function stateAt(model: ReportModel, at: number): NodeMoment[] {
  return model.nodes.map((lane, index) => {
    const states = lane.states.flatMap(({ key, bands }) => {
      const band = bandAt(bands, at);
      return band === undefined || key === lane.mainKey ? [] : [{ key, value: band.value, since: band.from }];
    });
    const writable = states.find((state) => state.key === "writable");
    return {
      node: lane.id,
      group: groupAt(model, index, at),
      process: processAt(lane, at),
      main: bandAt(lane.states.find((track) => track.key === lane.mainKey)?.bands ?? [], at),
      states,
      mayWrite: writable === undefined ? "" : writable.value === "yes" ? "yes" : "no",
      commit: stepAt(lane.commit, at, -1),
      offset: stepAt(lane.clock, at, 0),
    };
  });
}

/** The band that covers a moment. */
export function bandAt(bands: readonly Band[], at: number): Band | undefined {
  let low = 0;
  let high = bands.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((bands[middle] as Band).from <= at) low = middle + 1;
    else high = middle;
  }
  const band = bands[low - 1];
  return band !== undefined && at < band.to ? band : undefined;
}

/** The value of a step line at a moment. */
export function stepAt(line: StepLine, at: number, before: number): number {
  const place = firstAfter(line.at, at);
  return place === 0 ? before : (line.value[place - 1] as number);
}

/** How many values of a rising column are no larger than `at`. */
export function firstAfter(column: Column, at: number): number {
  let low = 0;
  let high = column.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((column[middle] as number) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

function groupAt(model: ReportModel, node: number, at: number): string {
  const partition = model.partitions.find((candidate) => candidate.from <= at && at < candidate.to);
  const group = partition?.groups.findIndex((members) => members.includes(node)) ?? -1;
  return group < 0 ? "" : String.fromCharCode(65 + (group % 26));
}

function processAt(lane: NodeLane, at: number): string {
  return lane.process.find((span) => span.from <= at && at < span.to)?.kind ?? "up";
}

/** Who may write at a moment, in words; `""` when no program says so. */
export function writersWords(model: ReportModel, at: number): string {
  if (model.writers === undefined) return "";
  const writers = model.writers.find((span) => span.from <= at && at < span.to)?.writers ?? [];
  const names = writers.map((writer) => model.names[writer] ?? "");
  if (names.length === 0) return "Nobody may write.";
  if (names.length === 1) return `${names[0] ?? ""} may write.`;
  return `${names.slice(0, -1).join(", ")} and ${names[names.length - 1] ?? ""} may write.`;
}
