import { formatSeconds } from "../../../trace/units.ts";
import type { DiffModel } from "../diff-model.ts";
import { plural } from "../words.ts";
import { DiffPane } from "./diff-pane.ts";
import { listenToKeys } from "./keys.ts";
import { hashOf, placeOf } from "./link.ts";
import { write } from "./state-table.ts";
import { TimeWindow } from "./time-window.ts";

const WRITTEN_AFTER_MS = 200;

/** Two timelines with one window and one cursor. */
export class DiffViewer {
  readonly #diff: DiffModel;
  readonly #panes: readonly DiffPane[];
  readonly #window: TimeWindow;
  readonly #endTime: number;
  /** Moments of differences, each once, in order; those of messages left out in the second. */
  readonly #stops: readonly number[];
  readonly #events: readonly number[];
  #cursor: number;
  #isAsked = false;
  #written = 0;

  constructor(diff: DiffModel) {
    this.#diff = diff;
    this.#endTime = Math.max(diff.runs[0].endTime, diff.runs[1].endTime);
    this.#cursor = Math.min(diff.time, this.#endTime);
    this.#panes = [0, 1].map(
      (run) =>
        new DiffPane(run === 0 ? "a" : "b", {
          model: diff.runs[run as 0 | 1],
          marks: diff.marks[run as 0 | 1],
          parting: diff.time,
        }),
    );
    this.#window = new TimeWindow(
      { from: 0, to: this.#endTime, endTime: this.#endTime },
      {
        changed: () => {
          this.#ask();
        },
        settled: () => {
          this.#toHash(true);
        },
      },
    );
    this.#window.show(diff.window.from, diff.window.to);
    const { marks, rows } = diff;
    this.#stops = inOrder([diff.time, ...Array.from(marks[0].at), ...Array.from(marks[1].at)]);
    this.#events = inOrder(rows.filter(({ group }) => group === "events").map(({ record }) => record.time));
    this.#listen();
    this.#fromHash();
    this.#moveCursor(this.#cursor, false);
  }

  #listen(): void {
    addEventListener("resize", () => {
      this.#ask();
    });
    addEventListener("hashchange", () => {
      this.#fromHash();
    });
    for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)"])
      matchMedia(query).addEventListener("change", () => {
        for (const pane of this.#panes) pane.retheme();
        this.#ask();
      });
    for (const pane of this.#panes)
      pane.listen(
        {
          window: () => this.#window,
          show: (from, to) => {
            this.#window.show(from, to);
            this.#toHash(true);
          },
          pan: (part) => {
            this.#window.pan(part);
          },
          zoom: (factor, at) => {
            this.#window.zoom(factor, at);
          },
        },
        (at) => {
          this.#moveCursor(at, true);
        },
        () => {
          this.#ask();
        },
      );
    for (const link of document.querySelectorAll<HTMLElement>("[data-time]"))
      link.addEventListener("click", (event) => {
        event.preventDefault();
        this.#goTo(Number(link.dataset["time"]));
      });
    for (const id of ["mark", "group"])
      document.getElementById(id)?.addEventListener("change", () => {
        this.#choose();
      });
    listenToKeys(this.#acts());
  }

  /** What keys and buttons do, by name. */
  #acts(): Readonly<Record<string, () => void>> {
    return {
      left: () => {
        this.#window.pan(-0.2);
      },
      right: () => {
        this.#window.pan(0.2);
      },
      in: () => {
        this.#window.zoom(1 / 1.5, this.#anchor());
      },
      out: () => {
        this.#window.zoom(1.5, this.#anchor());
      },
      whole: () => {
        this.#window.ease(0, this.#endTime);
      },
      first: () => {
        this.#window.ease(this.#diff.window.from, this.#diff.window.to);
        this.#moveCursor(this.#diff.time, true);
      },
      "next-state": () => {
        this.#step(this.#stops, 1);
      },
      "previous-state": () => {
        this.#step(this.#stops, -1);
      },
      "next-event": () => {
        this.#step(this.#events, 1);
      },
      "previous-event": () => {
        this.#step(this.#events, -1);
      },
      time: () => {
        document.getElementById("goto")?.focus();
      },
      "go-to-time": () => {
        const input = document.getElementById("goto");
        const seconds = input instanceof HTMLInputElement ? Number.parseFloat(input.value) : NaN;
        if (Number.isFinite(seconds)) this.#goTo(Math.round(seconds * 1_000_000));
      },
      link: () => {
        this.#toHash();
        const clipboard = navigator.clipboard as Clipboard | undefined;
        clipboard?.writeText(location.href).catch(() => undefined);
        write("live", `Link to this moment: ${location.href}`);
      },
    };
  }

  #anchor(): number {
    const { from, to } = this.#window;
    return this.#cursor >= from && this.#cursor <= to ? this.#cursor : (from + to) / 2;
  }

  #step(stops: readonly number[], direction: 1 | -1): void {
    const next =
      direction > 0 ? stops.find((stop) => stop > this.#cursor) : stops.findLast((stop) => stop < this.#cursor);
    if (next !== undefined) this.#goTo(next);
  }

  #goTo(at: number): void {
    this.#window.reveal(at);
    this.#moveCursor(at, true);
  }

  #moveCursor(at: number, isByHand: boolean): void {
    this.#cursor = Math.max(0, Math.min(this.#endTime, Math.round(at)));
    write("cursor", `cursor at ${formatSeconds(this.#cursor)}`);
    if (isByHand) {
      this.#toHash();
      const here = this.#diff.rows.filter(({ record }) => record.time === this.#cursor);
      write(
        "live",
        [formatSeconds(this.#cursor), ...here.slice(0, 2).map(({ record }) => `${record.who} ${record.text}`)].join(
          ". ",
        ),
      );
    }
    this.#ask();
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

  /** @param isSoon  Once the reader pauses: browsers refuse an address that changes with every frame. */
  #toHash(isSoon = false): void {
    clearTimeout(this.#written);
    if (isSoon) {
      this.#written = setTimeout(() => {
        this.#toHash();
      }, WRITTEN_AFTER_MS) as unknown as number;
      return;
    }
    const { from, to } = this.#window;
    history.replaceState(null, "", hashOf({ time: this.#cursor, from, to, record: -1, query: "", isByOrder: false }));
  }

  #fromHash(): void {
    if (location.hash === "") return;
    const { time, from, to } = placeOf(location.hash);
    if (from !== undefined && to !== undefined && to > from) this.#window.show(from, to);
    if (time !== undefined) this.#goTo(time);
  }

  /** Draws once before the next frame, however often it is asked. */
  #ask(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    requestAnimationFrame(() => {
      this.#isAsked = false;
      this.draw();
    });
  }

  draw(): void {
    const { from, to } = this.#window;
    for (const pane of this.#panes) pane.draw({ from, to, cursor: this.#cursor });
    const digits = to - from < 100_000 ? 4 : to - from < 10_000_000 ? 2 : 1;
    const short = (micros: number): string => (micros / 1_000_000).toFixed(digits).replace(/\.?0+$/, "");
    write("main-title", `Both runs, ${short(from)} to ${short(to)} s`);
  }
}

function inOrder(times: readonly number[]): number[] {
  return [...new Set(times)].sort((a, b) => a - b);
}
