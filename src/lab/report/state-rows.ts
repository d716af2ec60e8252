import { formatSeconds } from "../../trace/units.ts";
import type { ReportModel, Tone } from "./model.ts";
import { stateAt, type NodeMoment } from "./state-at.ts";

export interface StateColumn {
  readonly name: string;
  readonly isNumber: boolean;
  readonly said: Said;
}

export interface StateCell {
  readonly text: string;
  readonly tag?: { readonly letter: string; readonly tone: Tone };
  readonly isBad?: boolean;
}

/** States that have a column of their own or would only repeat one. */
const KNOWN = ["writable", "lease", "failover", "view"];
const FIRST = ["fence", "coordinator"];
/** A user's program may have any number of states; the table takes this many. */
const STATES_MAX = 6;

/** What of a node a column tells. */
type Said =
  | { readonly what: "node" | "group" | "main" | "writer" | "commit" | "clock" }
  | { readonly what: "state"; readonly key: string };

/** The columns that the tables of some runs need, one set for all of them. */
export function stateColumns(...models: readonly ReportModel[]): readonly StateColumn[] {
  const lanes = models.flatMap(({ nodes }) => nodes);
  const keys = new Set<string>();
  for (const lane of lanes)
    for (const { key } of lane.states) if (key !== lane.mainKey && !KNOWN.includes(key)) keys.add(key);
  const rank = (key: string): number => (FIRST.includes(key) ? FIRST.indexOf(key) : FIRST.length);
  const shown = [...keys].sort((a, b) => rank(a) - rank(b)).slice(0, STATES_MAX);
  const mainNames = [...new Set(lanes.map((lane) => lane.mainKey))];
  const mainName = mainNames.length === 1 && mainNames[0] !== "" ? (mainNames[0] as string) : "state";
  const some = (isThere: boolean, name: string, said: Said): StateColumn[] =>
    isThere ? [{ name, isNumber: said.what === "commit" || said.what === "clock", said }] : [];
  return [
    ...some(true, "node", { what: "node" }),
    ...some(
      models.some(({ partitions }) => partitions.length > 0),
      "group",
      { what: "group" },
    ),
    ...some(true, mainName, { what: "main" }),
    ...some(
      models.some(({ writers }) => writers !== undefined),
      "may write",
      { what: "writer" },
    ),
    ...shown.flatMap((key) => some(true, key, { what: "state", key })),
    ...some(
      lanes.some(({ commit }) => commit.at.length > 0),
      "commit index",
      { what: "commit" },
    ),
    ...some(
      lanes.some(({ clock }) => clock.at.length > 0),
      "clock offset, ms",
      { what: "clock" },
    ),
  ];
}

/** The table of all nodes at a moment, cell by cell: drawn once when the page is written and again by the viewer. */
export function stateRows(
  model: ReportModel,
  at: number,
  columns = stateColumns(model),
): { readonly columns: readonly StateColumn[]; readonly rows: readonly (readonly StateCell[])[] } {
  const moments = stateAt(model, at);
  const writers = moments.filter((moment) => moment.mayWrite === "yes").length;
  const rows = moments.map((moment) => columns.map(({ said }) => cellOf(moment, said, writers)));
  return { columns, rows };
}

function cellOf(moment: NodeMoment, said: Said, writers: number): StateCell {
  switch (said.what) {
    case "node":
      return { text: moment.node };
    case "group":
      return { text: moment.group || "–" };
    case "main":
      return mainCell(moment);
    case "writer":
      return { text: moment.mayWrite || "–", isBad: moment.mayWrite === "yes" && writers > 1 };
    case "state":
      return { text: stateText(moment, said.key) };
    case "commit":
      return { text: moment.commit < 0 ? "–" : String(moment.commit) };
    case "clock":
      return { text: signedMillis(moment.offset) };
  }
}

function mainCell(moment: NodeMoment): StateCell {
  if (moment.process === "down") return { text: "down" };
  const suffix = moment.process === "paused" ? ", paused" : "";
  if (moment.main === undefined) return { text: moment.process === "up" ? "–" : moment.process };
  const { letter, tone, words } = moment.main;
  return { text: words + suffix, tag: { letter, tone } };
}

function stateText(moment: NodeMoment, key: string): string {
  const state = moment.states.find((candidate) => candidate.key === key);
  if (state === undefined) return "–";
  const value = state.value.replaceAll("_", " ");
  return value === "fenced" ? `${value} at ${formatSeconds(state.since)}` : value;
}

/** Milliseconds with an explicit sign, `0` for none. */
function signedMillis(micros: number): string {
  const millis = Math.round(micros / 1_000);
  return millis === 0 ? "0" : `${millis < 0 ? "−" : "+"}${String(Math.abs(millis))}`;
}
