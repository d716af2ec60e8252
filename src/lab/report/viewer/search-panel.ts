import { formatSeconds } from "../../../trace/units.ts";
import type { ReportModel } from "../model.ts";
import { formatCount, plural } from "../words.ts";
import type { Found } from "./search-events.ts";
import { searchRun, type SearchResult } from "./search.ts";
import { write } from "./state-table.ts";

const SHOWN_MAX = 100;
const PAUSE_MS = 120;

/** The field, the counts and the list of what was found. */
export class SearchPanel {
  readonly #model: ReportModel;
  readonly #input: HTMLInputElement;
  readonly #rows: HTMLElement;
  readonly #changed: (isByHand: boolean) => void;
  readonly #goTo: (found: Found) => void;
  #result: SearchResult | undefined;
  #timer = 0;
  #at = -1;

  constructor(
    model: ReportModel,
    parts: { readonly input: HTMLInputElement; readonly rows: HTMLElement },
    hands: { readonly changed: (isByHand: boolean) => void; readonly goTo: (found: Found) => void },
  ) {
    this.#model = model;
    this.#input = parts.input;
    this.#rows = parts.rows;
    this.#changed = hands.changed;
    this.#goTo = hands.goTo;
    this.#input.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => {
        this.#run(true);
      }, PAUSE_MS) as unknown as number;
    });
    this.#input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === "ArrowDown") this.#step(1);
      else if (event.key === "ArrowUp") this.#step(-1);
      else if (event.key === "Escape") this.#input.blur();
      else return;
      event.preventDefault();
    });
  }

  get query(): string {
    return this.#input.value.trim();
  }
  set query(query: string) {
    if (query === this.query) return;
    this.#input.value = query;
    this.#run(false);
  }

  /** What is found, to be lit; `undefined` while nothing is asked for. */
  get result(): SearchResult | undefined {
    return this.query === "" ? undefined : this.#result;
  }

  focus(): void {
    this.#input.focus();
    this.#input.select();
    this.#input.scrollIntoView({ block: "center" });
  }

  #run(isByHand: boolean): void {
    this.#at = -1;
    this.#result = this.query === "" ? undefined : searchRun(this.#model, this.query);
    this.#show();
    this.#changed(isByHand);
  }

  #step(by: 1 | -1): void {
    clearTimeout(this.#timer);
    if (this.#result === undefined) this.#run(true);
    const found = this.#result?.found ?? [];
    if (found.length === 0) return;
    this.#at = Math.max(0, Math.min(Math.min(SHOWN_MAX, found.length) - 1, this.#at + by));
    [...this.#rows.children].forEach((row, index) => {
      row.classList.toggle("at", index === this.#at);
    });
    this.#rows.children[this.#at]?.scrollIntoView({ block: "nearest" });
    this.#goTo(found[this.#at] as Found);
  }

  #show(): void {
    const result = this.#result;
    const table = document.getElementById("found");
    if (table !== null) table.hidden = result === undefined || result.count === 0;
    const problem = result?.problem ?? "";
    write("found-count", problem !== "" ? problem : result === undefined ? "" : countWords(result));
    write("found-note", result?.note ?? "");
    this.#input.setAttribute("aria-invalid", String(problem !== ""));
    this.#rows.replaceChildren(
      ...(result?.found ?? []).slice(0, SHOWN_MAX).map((found, index) => this.#row(found, index)),
    );
  }

  #row(found: Found, index: number): HTMLElement {
    const row = document.createElement("tr");
    const link = document.createElement("a");
    link.href = `#t=${String(found.time)}${found.record < 0 ? "" : `&sel=e${String(found.record)}`}`;
    link.textContent = formatSeconds(found.time).replace(" s", "");
    link.addEventListener("click", (event) => {
      event.preventDefault();
      this.#at = index;
      this.#goTo(found);
    });
    const cells = [
      found.record < 0 ? "–" : `e${String(found.record)}`,
      link,
      found.who,
      found.kind,
      found.what,
      found.end,
    ];
    cells.forEach((content, place) => {
      const cell = document.createElement("td");
      cell.className = place === 1 ? "num" : place === 0 ? "dim" : "";
      cell.append(content);
      row.append(cell);
    });
    return row;
  }
}

function countWords({ count, counts, found }: SearchResult): string {
  if (count === 0)
    return "Nothing. Names, types and any text are found; words narrow each other: n1->n3 type:vote 9s..14s";
  const parts = (
    [
      [counts.message, "message"],
      [counts.state, "state"],
      [counts.point, "point"],
      [counts.call, "call"],
      [counts.fault, "fault"],
      [counts.violation, "violation"],
    ] as const
  ).flatMap(([one, name]) => (one === 0 ? [] : [plural(one, name)]));
  const shown = Math.min(SHOWN_MAX, found.length);
  return `${formatCount(count)} found: ${parts.join(", ")}.${shown < count ? ` The first ${formatCount(shown)} are listed.` : ""}`;
}
