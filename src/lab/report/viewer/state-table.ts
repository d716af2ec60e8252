import { formatSeconds } from "../../../trace/units.ts";
import type { ReportModel } from "../model.ts";
import { writersWords } from "../state-at.ts";
import { stateRows, type StateCell } from "../state-rows.ts";

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
        td.append(...cellParts(cell, index === 0));
        row.append(td);
      });
      return row;
    }),
  );
  write("state-title", `All nodes at ${formatSeconds(Math.round(at))}`);
  write("state-words", writersWords(model, at));
}

/** What stands in a cell: the letter of its state, and its text. */
export function cellParts({ tag, text }: StateCell, isName = false): HTMLElement[] {
  const parts = [element(isName ? "b" : "span", text)];
  if (tag !== undefined) parts.unshift(element("span", tag.letter, `tag ${tag.tone}`));
  return parts;
}

/** An element with text, never markup. */
export function element(name: string, text: string, kind = ""): HTMLElement {
  const made = document.createElement(name);
  made.className = kind;
  made.textContent = text;
  return made;
}

/** Sets the text of an element of the page. */
export function write(id: string, text: string): void {
  const element = document.getElementById(id);
  if (element !== null) element.textContent = text;
}
