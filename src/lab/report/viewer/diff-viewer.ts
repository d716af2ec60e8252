import { formatSeconds } from "../../../trace/units.ts";
import { MARKED_GROUPS, type DiffModel } from "../diff-model.ts";
import { formatCount, listWords, plural } from "../words.ts";
import { timeOfRecord } from "./cone.ts";
import { stepIn } from "./diff-marks.ts";
import { DiffPane } from "./diff-pane.ts";
import { showDiffStates } from "./diff-table.ts";
import { DiffWords } from "./diff-words.ts";
import { listenToKeys } from "./keys.ts";
import { hashOf, placeOf } from "./link.ts";
import { copy, listenToPage } from "./listen-to-page.ts";
import { EventOrder } from "./order.ts";
import { Address, NextFrame, pageActs, windowWords } from "./page-acts.ts";
import { Player } from "./player.ts";
import { SearchPanel } from "./search-panel.ts";
import { write } from "./state-table.ts";
import { TimeWindow } from "./time-window.ts";

const RUNS = [0, 1] as const;
const SPOKEN_AFTER_MS = 250;

/** Two timelines with one window, one cursor and one search. */
export class DiffViewer {
  readonly #diff: DiffModel;
  readonly #panes: readonly DiffPane[];
  readonly #window: TimeWindow;
  readonly #endTime: number;
  readonly #player: Player;
  readonly #search: SearchPanel | undefined;
  readonly #frame = new NextFrame(() => {
    this.draw();
  });
  readonly #address = new Address(() => this.#hash());
  #order: EventOrder | undefined;
  #cursor: number;
  #isByOrder = false;
  #spoken = 0;

  constructor(diff: DiffModel) {
    this.#diff = diff;
    this.#endTime = Math.max(diff.runs[0].endTime, diff.runs[1].endTime);
    this.#cursor = Math.min(diff.time, this.#endTime);
    const order = (): EventOrder => (this.#order ??= new EventOrder(...diff.runs));
    this.#panes = RUNS.map(
      (run) =>
        new DiffPane("ab".charAt(run), { model: diff.runs[run], marks: diff.marks[run], parting: diff.time, order }),
    );
    this.#window = new TimeWindow(
      { from: 0, to: this.#endTime, endTime: this.#endTime },
      {
        changed: () => {
          this.#frame.ask();
        },
        settled: () => {
          this.#address.writeSoon();
        },
      },
    );
    this.#window.show(diff.window.from, diff.window.to);
    this.#player = new Player(
      (by) => this.#play(by),
      (words, isPlaying) => {
        write("speed", words);
        write("play", isPlaying ? "pause" : "play");
      },
    );
    this.#search = this.#searchPanel();
    this.#listen();
    this.#fromHash();
    this.#moveCursor(this.#cursor, false);
  }

  #searchPanel(): SearchPanel | undefined {
    const input = document.getElementById("query");
    if (!(input instanceof HTMLInputElement)) return undefined;
    const runs = RUNS.map((run) => {
      const { own, head } = new DiffWords(this.#diff, run);
      return { model: this.#diff.runs[run], suffix: `-${"ab".charAt(run)}`, own, head };
    });
    return new SearchPanel(input, runs, {
      changed: (isByHand) => {
        if (isByHand) this.#address.write();
        this.#frame.ask();
      },
      goTo: ({ time, record }, run) => {
        this.#select(run, record);
        this.#goTo(time);
      },
    });
  }

  #listen(): void {
    listenToPage({
      resized: () => {
        this.#frame.ask();
      },
      addressed: () => {
        this.#fromHash();
      },
      recoloured: () => {
        for (const pane of this.#panes) pane.retheme();
        this.#frame.ask();
      },
      goTo: (time) => {
        this.#goTo(time);
      },
    });
    this.#panes.forEach((pane, run) => {
      pane.listen({
        window: () => this.#window,
        show: (from, to) => {
          this.#window.show(from, to);
          this.#address.writeSoon();
        },
        pan: (part) => {
          this.#window.pan(part);
        },
        zoom: (factor, at) => {
          this.#window.zoom(factor, at);
        },
        choose: (record, at) => {
          this.#select(run, record);
          this.#moveCursor(at, true);
        },
        ask: () => {
          this.#frame.ask();
        },
      });
    });
    for (const id of ["mark", "group"])
      document.getElementById(id)?.addEventListener("change", () => {
        this.#choose();
      });
    this.#choose();
    listenToKeys(this.#acts());
  }

  /** What keys and buttons do, by name. */
  #acts(): Readonly<Record<string, () => void>> {
    return {
      ...pageActs({
        window: this.#window,
        endTime: this.#endTime,
        player: this.#player,
        cursor: () => this.#cursor,
        goTo: (at) => {
          this.#goTo(at);
        },
        search: () => this.#search,
      }),
      first: () => {
        this.#window.ease(this.#diff.window.from, this.#diff.window.to);
        this.#moveCursor(this.#diff.time, true);
      },
      "next-state": () => {
        this.#step("events", 1);
      },
      "previous-state": () => {
        this.#step("events", -1);
      },
      "next-event": () => {
        this.#step("all", 1);
      },
      "previous-event": () => {
        this.#step("all", -1);
      },
      order: () => {
        this.#isByOrder = !this.#isByOrder;
        this.#address.write();
        this.#frame.ask();
      },
      link: () => {
        this.#address.write();
        copy(location.href, () => {
          write("live", "The link to this moment is copied.");
        });
        write("says-a", `Link to this moment: ${location.href}`);
      },
      none: () => {
        this.#select(0, -1);
        this.#address.write();
      },
    };
  }

  /** To the next difference in either run, or the place where they part. */
  #step(which: "events" | "all", direction: 1 | -1): void {
    const parting = Float64Array.of(this.#diff.time);
    const stops = [parting, ...this.#panes.map(({ marks }) => marks[which])]
      .map((times) => stepIn(times, this.#cursor, direction))
      .filter((stop) => stop !== undefined);
    if (stops.length > 0) this.#goTo(direction > 0 ? Math.min(...stops) : Math.max(...stops));
  }

  /** A record of one run; before they part, it is that of the other too. */
  #select(run: number, record: number): void {
    this.#panes.forEach(({ selection }, pane) => {
      selection.choose(pane === run || record < this.#diff.record ? record : -1);
    });
    this.#frame.ask();
  }

  #goTo(at: number): void {
    this.#window.reveal(at);
    this.#moveCursor(at, true);
  }

  #play(by: number): boolean {
    const at = this.#cursor + by;
    const { from, to } = this.#window;
    if (at > to - (to - from) / 20) this.#window.show(from + by, to + by);
    this.#moveCursor(at, false);
    return this.#cursor < this.#endTime;
  }

  #moveCursor(at: number, isByHand: boolean): void {
    // While it plays slowly, parts of µs add up.
    this.#cursor = Math.max(0, Math.min(this.#endTime, isByHand ? Math.round(at) : at));
    write("cursor", `cursor at ${formatSeconds(Math.round(this.#cursor))}`);
    showDiffStates(this.#diff.runs, this.#cursor);
    if (isByHand) {
      this.#address.write();
      this.#speak();
    }
    this.#frame.ask();
  }

  /** What differs here, once the reader pauses: a key that is held speaks once. */
  #speak(): void {
    clearTimeout(this.#spoken);
    this.#spoken = setTimeout(() => {
      const here = this.#diff.rows.filter(({ record }) => record.time === this.#cursor).slice(0, 2);
      const states = document.getElementById("state-words")?.textContent ?? "";
      write(
        "live",
        [formatSeconds(this.#cursor), ...here.map(({ record }) => `${record.who} ${record.text}`), states].join(". "),
      );
    }, SPOKEN_AFTER_MS) as unknown as number;
  }

  /** Shows the rows of the list that the reader asks for. */
  #choose(): void {
    const [mark, group] = ["mark", "group"].map((id) => {
      const choice = document.getElementById(id);
      return choice instanceof HTMLSelectElement ? choice.value : "";
    });
    let shown = 0;
    for (const row of document.querySelectorAll<HTMLElement>("#rows tbody tr")) {
      const { mark: ofRow, group: its } = row.dataset;
      row.hidden = (mark !== "" && ofRow !== mark) || (group !== "" && its !== group);
      if (!row.hidden) shown++;
    }
    write("shown", plural(shown, "row"));
  }

  #hash(): string {
    const { from, to } = this.#window;
    const run = this.#panes.findIndex(({ selection }) => selection.record >= 0);
    const place = {
      time: Math.round(this.#cursor),
      from,
      to,
      record: this.#panes[run]?.selection.record ?? -1,
      query: this.#search?.query ?? "",
      isByOrder: this.#isByOrder,
    };
    return hashOf(place) + (run === 1 ? "&in=b" : "");
  }

  #fromHash(): void {
    if (location.hash === "") return;
    const { time, from, to, record = -1, query = "", isByOrder } = placeOf(location.hash);
    const run = /[#&]in=b(?:&|$)/.test(location.hash) ? 1 : 0;
    this.#isByOrder = isByOrder === true;
    if (this.#search !== undefined) this.#search.query = query;
    this.#select(run, record);
    if (from !== undefined && to !== undefined && to > from) this.#window.show(from, to);
    const at = time ?? timeOfRecord(this.#diff.runs[run], record);
    if (at === undefined) this.#frame.ask();
    else this.#goTo(at);
  }

  draw(): void {
    const { from, to } = this.#window;
    const hidden = this.#panes.map((pane, run) =>
      pane.draw({ from, to, cursor: this.#cursor, isByOrder: this.#isByOrder, found: this.#search?.result(run) }),
    );
    write("unmarked", unmarkedWords(hidden));
    write("axis", this.#isByOrder ? "order of events" : "virtual time");
    write("main-title", `Both runs, ${windowWords(from, to)}`);
  }
}

/** How many differences in sight have no mark, because it would hide the picture. */
function unmarkedWords(hidden: readonly (readonly number[])[]): string {
  const parts = MARKED_GROUPS.flatMap((group, place) => {
    const count = hidden.reduce((sum, counts) => sum + (counts[place] ?? 0), 0);
    return count === 0 ? [] : [`${formatCount(count)} of ${group}`];
  });
  return parts.length === 0
    ? ""
    : `Not marked in this window, being too many: ${listWords(parts)}. Zoom in to see each.`;
}
