import { formatSeconds } from "../../../trace/units.ts";
import type { ReportModel } from "../model.ts";
import { formatCount, plural } from "../words.ts";
import type { Found } from "./search-events.ts";
import type { OwnWords } from "./search-words.ts";
import { searchRun, type SearchResult } from "./search.ts";
import { write } from "./state-table.ts";

const SHOWN_MAX = 100;
const PAUSE_MS = 120;

/** A run that is searched, and where the page lists what is found in it. */
export interface SearchedRun {
  readonly model: ReportModel;
  /** End of the ids of its elements: `found`, `found-rows`, `found-count` and `found-note`. */
  readonly suffix: string;
  readonly own?: OwnWords;
  /** What stands first in a row; the record's number unless told. */
  readonly head?: (found: Found) => string;
}

/** The field, and for each run the counts and the list of what was found in it. */
export class SearchPanel {
  readonly #input: HTMLInputElement;
  readonly #lists: readonly FoundList[];
  readonly #changed: (isByHand: boolean) => void;
  readonly #goTo: (found: Found, run: number) => void;
  #timer = 0;
  /** What the lists are of. */
  #asked = "";
  #at = -1;

  constructor(
    input: HTMLInputElement,
    runs: readonly SearchedRun[],
    hands: {
      readonly changed: (isByHand: boolean) => void;
      readonly goTo: (found: Found, run: number) => void;
    },
  ) {
    this.#input = input;
    this.#changed = hands.changed;
    this.#goTo = hands.goTo;
    this.#lists = runs.map(
      (searched, run) =>
        new FoundList(searched, (found) => {
          this.#at = this.#inOrder().findIndex((one) => one.found === found);
          hands.goTo(found, run);
        }),
    );
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

  /** What is found in a run, to be lit; `undefined` while nothing is asked for. */
  result(run = 0): SearchResult | undefined {
    return this.query === "" ? undefined : this.#lists[run]?.result;
  }

  focus(): void {
    this.#input.focus();
    this.#input.select();
    this.#input.scrollIntoView({ block: "center" });
  }

  #run(isByHand: boolean): void {
    this.#at = -1;
    this.#asked = this.query;
    for (const list of this.#lists) list.ask(this.#asked);
    this.#input.setAttribute("aria-invalid", String(this.#lists.every((list) => (list.result?.problem ?? "") !== "")));
    this.#changed(isByHand);
  }

  #step(by: 1 | -1): void {
    clearTimeout(this.#timer);
    // Whoever is faster than the pause after typing asks for what stands there now.
    if (this.#asked !== this.query) this.#run(true);
    const all = this.#inOrder();
    if (all.length === 0) return;
    this.#at = Math.max(0, Math.min(all.length - 1, this.#at + by));
    const next = all[this.#at] as { readonly found: Found; readonly run: number };
    this.#lists.forEach((list, run) => {
      list.show(run === next.run ? next.found : undefined);
    });
    this.#goTo(next.found, next.run);
  }

  /** Listed rows of all runs in order of time. */
  #inOrder(): { readonly found: Found; readonly run: number }[] {
    const all = this.#lists.flatMap((list, run) => list.shown.map((found) => ({ found, run })));
    return this.#lists.length === 1 ? all : all.sort((a, b) => a.found.time - b.found.time || a.run - b.run);
  }
}

/** What is found in one run. */
class FoundList {
  readonly #searched: SearchedRun;
  readonly #rows: HTMLElement | null;
  readonly #chosen: (found: Found) => void;
  result: SearchResult | undefined;

  constructor(searched: SearchedRun, chosen: (found: Found) => void) {
    this.#searched = searched;
    this.#chosen = chosen;
    this.#rows = document.getElementById(`found-rows${searched.suffix}`);
  }

  get shown(): readonly Found[] {
    return this.result?.found.slice(0, SHOWN_MAX) ?? [];
  }

  ask(query: string): void {
    const { model, own, suffix } = this.#searched;
    const result = query === "" ? undefined : searchRun(model, query, own);
    this.result = result;
    const table = document.getElementById(`found${suffix}`);
    if (table !== null) table.hidden = result === undefined || result.count === 0;
    const problem = result?.problem ?? "";
    write(`found-count${suffix}`, problem !== "" ? problem : result === undefined ? "" : countWords(result));
    write(`found-note${suffix}`, result?.note ?? "");
    this.#rows?.replaceChildren(...this.shown.map((found) => this.#row(found)));
  }

  /** Marks the row of a record, and no other. */
  show(found: Found | undefined): void {
    const at = found === undefined ? -1 : this.shown.indexOf(found);
    [...(this.#rows?.children ?? [])].forEach((row, index) => {
      row.classList.toggle("at", index === at);
    });
    if (at >= 0) this.#rows?.children[at]?.scrollIntoView({ block: "nearest" });
  }

  #row(found: Found): HTMLElement {
    const row = document.createElement("tr");
    const link = document.createElement("a");
    link.href = `#t=${String(found.time)}${found.record < 0 ? "" : `&sel=e${String(found.record)}`}`;
    link.textContent = formatSeconds(found.time).replace(" s", "");
    link.addEventListener("click", (event) => {
      event.preventDefault();
      this.#chosen(found);
    });
    const head = this.#searched.head ?? (({ record }) => (record < 0 ? "–" : `e${String(record)}`));
    const cells = [head(found), link, found.who, found.kind, found.what, found.end];
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
