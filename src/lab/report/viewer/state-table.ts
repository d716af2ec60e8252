import { formatSeconds } from "../../../trace/units.ts";
import type { ReportModel } from "../model.ts";
import { writersWords } from "../state-at.ts";
import { stateRows } from "../state-rows.ts";

/** Rewrites the table of all nodes for a moment; text only, never markup. */
export function showState(model: ReportModel, at: number): void {
  const body = document.getElementById("state-rows");
  if (body === null) return;
  const { columns, rows } = stateRows(model, at);
  body.replaceChildren(
    ...rows.map((cells) => {
      const row = document.createElement("tr");
      cells.forEach((cell, index) => {
        const td = document.createElement("td");
        td.className = cell.isBad === true ? "bad" : columns[index]?.isNumber === true ? "num" : "";
        if (cell.tag !== undefined) {
          const tag = document.createElement("span");
          tag.className = `tag ${cell.tag.tone}`;
          tag.textContent = cell.tag.letter;
          td.append(tag);
        }
        const text = document.createElement(index === 0 ? "b" : "span");
        text.textContent = cell.text;
        td.append(text);
        row.append(td);
      });
      return row;
    }),
  );
  write("state-title", `All nodes at ${formatSeconds(Math.round(at))}`);
  write("state-words", writersWords(model, at));
}

/** Sets the text of an element of the page. */
export function write(id: string, text: string): void {
  const element = document.getElementById(id);
  if (element !== null) element.textContent = text;
}
