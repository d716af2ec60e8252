import { formatSeconds } from "../../trace/units.ts";
import type { ReportModel } from "./model.ts";
import { writersWords } from "./state-at.ts";
import { stateColumns, stateRows, type StateCell, type StateColumn } from "./state-rows.ts";

export interface DiffStateCell extends StateCell {
  /** Whether the other run's node says something else at this moment. */
  readonly isDifferent: boolean;
}

/** A node in one run, or in both where they say the same. */
export interface DiffStateRow {
  readonly run: "A and B" | "A" | "B" | "only A" | "only B";
  readonly node: string;
  /** Rows of this node, on the first of them; 0 on the second. */
  readonly span: 0 | 1 | 2;
  readonly cells: readonly DiffStateCell[];
}

export interface DiffStates {
  /** Of what follows the node and the run. */
  readonly columns: readonly StateColumn[];
  readonly rows: readonly DiffStateRow[];
}

/** The table of all nodes at a moment in two runs: nodes that differ take two rows, one above the other. */
export function diffStates([a, b]: readonly [ReportModel, ReportModel], at: number): DiffStates {
  const columns = stateColumns(a, b);
  const [inA, inB] = [a, b].map(
    (model) =>
      new Map(stateRows(model, at, columns).rows.map((cells, lane) => [model.nodes[lane]?.id ?? "", cells.slice(1)])),
  ) as [Map<string, StateCell[]>, Map<string, StateCell[]>];
  const rows: DiffStateRow[] = [];
  for (const node of new Set([...inA.keys(), ...inB.keys()])) {
    const [first, second] = [inA.get(node), inB.get(node)];
    if (first === undefined || second === undefined) {
      const cells = (first ?? second ?? []).map((cell) => ({ ...cell, isDifferent: false }));
      rows.push({ run: first === undefined ? "only B" : "only A", node, span: 1, cells });
      continue;
    }
    const differs = first.map((cell, place) => !isSame(cell, second[place]));
    const marked = (cells: readonly StateCell[]): DiffStateCell[] =>
      cells.map((cell, place) => ({ ...cell, isDifferent: differs[place] === true }));
    if (!differs.includes(true)) rows.push({ run: "A and B", node, span: 1, cells: marked(first) });
    else
      rows.push({ run: "A", node, span: 2, cells: marked(first) }, { run: "B", node, span: 0, cells: marked(second) });
  }
  return { columns: columns.slice(1), rows };
}

function isSame(a: StateCell, b: StateCell | undefined): boolean {
  return a.text === b?.text && a.isBad === b.isBad;
}

/** How many nodes differ at a moment, who may write in each run, and which has ended. */
export function diffStateWords(runs: readonly [ReportModel, ReportModel], at: number): string {
  const { rows } = diffStates(runs, at);
  const both = rows.filter(({ run }) => run === "A" || run === "A and B").length;
  const count = rows.filter(({ run }) => run === "A").length;
  const how =
    count === 0
      ? "All nodes say the same in both."
      : count === both
        ? "Every node differs."
        : `${String(count)} of ${String(both)} nodes differ.`;
  const ends = runs.map((model, run) => {
    const name = run === 0 ? "A" : "B";
    if (at > model.endTime) return `${name} had ended at ${formatSeconds(model.endTime)}.`;
    const words = writersWords(model, at);
    return words === "" ? "" : `${name}: ${words}`;
  });
  return [how, ...ends].filter((words) => words !== "").join(" ");
}
