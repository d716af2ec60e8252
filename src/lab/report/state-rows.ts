import { formatSeconds } from "../../trace/units.ts";
import type { ReportModel, Tone } from "./model.ts";
import { stateAt, type NodeMoment } from "./state-at.ts";

export interface StateColumn {
  readonly name: string;
  readonly isNumber: boolean;
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

/** The table of all nodes at a moment, cell by cell: drawn once when the page is written and again by the viewer. */
export function stateRows(
  model: ReportModel,
  at: number,
): { readonly columns: readonly StateColumn[]; readonly rows: readonly (readonly StateCell[])[] } {
  const keys: string[] = [];
  for (const lane of model.nodes)
    for (const { key } of lane.states)
      if (key !== lane.mainKey && !KNOWN.includes(key) && !keys.includes(key)) keys.push(key);
  const rank = (key: string): number => (FIRST.includes(key) ? FIRST.indexOf(key) : FIRST.length);
  const shown = keys.sort((a, b) => rank(a) - rank(b)).slice(0, STATES_MAX);
  const hasGroups = model.partitions.length > 0;
  const hasWriters = model.writers !== undefined;
  const hasCommit = model.nodes.some((lane) => lane.commit.at.length > 0);
  const hasClock = model.nodes.some((lane) => lane.clock.at.length > 0);
  const column = (name: string, isNumber = false): StateColumn => ({ name, isNumber });
  const mainNames = [...new Set(model.nodes.map((lane) => lane.mainKey))];
  const columns = [
    column("node"),
    ...(hasGroups ? [column("group")] : []),
    column(mainNames.length === 1 && mainNames[0] !== "" ? (mainNames[0] as string) : "state"),
    ...(hasWriters ? [column("may write")] : []),
    ...shown.map((key) => column(key)),
    ...(hasCommit ? [column("commit index", true)] : []),
    ...(hasClock ? [column("clock offset, ms", true)] : []),
  ];
  const moments = stateAt(model, at);
  const writers = moments.filter((moment) => moment.mayWrite === "yes").length;
  const rows = moments.map((moment) => [
    { text: moment.node },
    ...(hasGroups ? [{ text: moment.group || "–" }] : []),
    mainCell(moment),
    ...(hasWriters ? [{ text: moment.mayWrite || "–", isBad: moment.mayWrite === "yes" && writers > 1 }] : []),
    ...shown.map((key) => ({ text: stateText(moment, key) })),
    ...(hasCommit ? [{ text: moment.commit < 0 ? "–" : String(moment.commit) }] : []),
    ...(hasClock ? [{ text: signedMillis(moment.offset) }] : []),
  ]);
  return { columns, rows };
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
