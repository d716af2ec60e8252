import { formatSeconds } from "../../../trace/units.ts";
import { diffStates, diffStateWords } from "../diff-state.ts";
import type { ReportModel } from "../model.ts";
import { cellParts, element, write } from "./state-table.ts";

/** Rewrites the table of all nodes in both runs for a moment; text only, never markup. */
export function showDiffStates(runs: readonly [ReportModel, ReportModel], at: number): void {
  const { columns, rows } = diffStates(runs, at);
  document.getElementById("state-rows")?.replaceChildren(
    ...rows.map(({ run, node, span, cells }) => {
      const row = document.createElement("tr");
      if (span > 0) {
        const name = document.createElement("td");
        name.rowSpan = span;
        name.append(element("b", node));
        row.append(name);
      }
      row.append(element("td", run, "run-name"));
      cells.forEach((cell, place) => {
        const td = document.createElement("td");
        td.className = [
          cell.isBad === true ? "bad" : "",
          columns[place]?.isNumber === true ? "num" : "",
          cell.isDifferent ? "differs" : "",
        ].join(" ");
        if (cell.isDifferent) td.append(element("span", "≠ "));
        td.append(...cellParts(cell));
        row.append(td);
      });
      return row;
    }),
  );
  write("state-title", `All nodes at ${formatSeconds(Math.round(at))}`);
  write("state-words", diffStateWords(runs, at));
}
