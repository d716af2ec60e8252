import { escapeHtml } from "./escape.ts";

/** Keys, and last what they do. */
export type KeyLine = readonly string[];

export function keyHtml(parts: KeyLine): string {
  const keys = parts.slice(0, -1).map((key) => `<kbd>${escapeHtml(key)}</kbd>`);
  return `<span>${keys.join(" ")} ${escapeHtml(parts[parts.length - 1] ?? "")}</span>`;
}

/** The sheet that `?` opens: every key, and every mark with what it stands for. */
export function helpHtml(keys: readonly KeyLine[], marks: readonly (readonly [mark: string, words: string])[]): string {
  const meanings = marks.map(([mark, words]) => `<dt>${mark}</dt><dd>${words}</dd>`);
  return `<dialog id="help" aria-labelledby="help-title"><form method="dialog"><h2 id="help-title">Keys</h2><div class="all">${keys.map(keyHtml).join("")}</div><h2>How records are drawn</h2><dl>${meanings.join("")}</dl><button>close</button></form></dialog>`;
}

/** A button that does what a key does; behind that for faster stands how fast it goes. */
export function buttonHtml([act, id, words]: readonly [act: string, id: string, words: string]): string {
  const speed = act === "faster" ? '<span id="speed">0.1 s a second</span>' : "";
  return `<button type="button" data-act="${act}"${id === "" ? "" : ` id="${id}"`}>${words}</button>${speed}`;
}
