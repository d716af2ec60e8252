import { formatSeconds } from "../../../trace/units.ts";
import type { ReportModel } from "../model.ts";
import { plural } from "../words.ts";
import { timeOfRecord } from "./cone.ts";
import type { Lit } from "./draw-frame.ts";
import { stampedAxis } from "./draw-stamps.ts";
import { Frame } from "./frame.ts";
import type { Hit } from "./hover.ts";
import { listenToKeys } from "./keys.ts";
import { hashOf, placeOf } from "./link.ts";
import { copy, listenToPage } from "./listen-to-page.ts";
import { Address, NextFrame, pageActs, windowWords } from "./page-acts.ts";
import { Player } from "./player.ts";
import { listenToPointer } from "./pointer.ts";
import { Save } from "./save.ts";
import { SearchPanel } from "./search-panel.ts";
import { Selection } from "./selection.ts";
import { showState, write } from "./state-table.ts";
import { stopsOf } from "./stops.ts";
import { TimeWindow } from "./time-window.ts";
import { Timeline } from "./timeline.ts";
import { nextFinding, stepToCause, type Stop } from "./walk.ts";

const SPOKEN_AFTER_MS = 250;

/** Joins timeline, frame, table, search and the reader's hands. */
export class Viewer {
  readonly #model: ReportModel;
  readonly #timeline: Timeline;
  readonly #frame: Frame | undefined;
  readonly #search: SearchPanel | undefined;
  readonly #player: Player;
  readonly #save: Save;
  readonly #stops: readonly number[];
  readonly #window: TimeWindow;
  readonly #selection: Selection;
  readonly #next = new NextFrame(() => {
    this.draw();
  });
  readonly #address = new Address(() => this.#hash());
  #cursor: number;
  #isByOrder = false;
  #isByHlc = false;
  #spoken = 0;

  constructor(model: ReportModel, stage: HTMLElement, canvas: HTMLCanvasElement) {
    this.#model = model;
    this.#selection = new Selection(model);
    this.#timeline = new Timeline(model, canvas, { stamps: () => stampedAxis(model) });
    this.#window = new TimeWindow(
      { ...model.window, endTime: model.endTime },
      {
        changed: () => {
          this.#ask();
        },
        settled: () => {
          this.#toHash(true);
        },
      },
    );
    this.#cursor = model.cursor;
    this.#stops = stopsOf(model);
    const whole = document.querySelector<HTMLElement>(".whole");
    if (whole !== null)
      this.#frame = new Frame(model, whole, (from, to) => {
        this.#window.show(from, to);
      });
    this.#player = new Player(
      (by) => this.#play(by),
      (words, isPlaying) => {
        write("speed", words);
        write("play", isPlaying ? "pause" : "play");
      },
    );
    this.#search = this.#searchPanel();
    this.#save = new Save({
      model,
      canvas,
      window: () => this.#window,
      draw: () => {
        this.draw();
        return this.#timeline.hidden;
      },
    });
    this.#listen(stage);
    this.#fromHash();
    this.#moveCursor(this.#cursor, false);
  }

  #searchPanel(): SearchPanel | undefined {
    const input = document.getElementById("query");
    if (!(input instanceof HTMLInputElement)) return undefined;
    return new SearchPanel(input, [{ model: this.#model, suffix: "" }], {
      changed: (isByHand) => {
        if (isByHand) this.#toHash();
        this.#ask();
      },
      goTo: ({ time, record }) => {
        this.#select(record);
        this.#goTo(time);
      },
    });
  }

  #listen(stage: HTMLElement): void {
    listenToPage({
      resized: () => {
        this.#ask();
      },
      addressed: () => {
        this.#fromHash();
      },
      recoloured: () => {
        this.#timeline.retheme();
        this.#ask();
      },
      goTo: (time, record) => {
        this.#select(record);
        this.#goTo(time);
      },
    });
    listenToPointer(stage, this.#timeline, {
      window: () => this.#window,
      show: (from, to) => {
        this.#window.show(from, to);
      },
      pan: (part) => {
        this.#window.pan(part);
      },
      zoom: (factor, at) => {
        this.#window.zoom(factor, at);
      },
      hover: (hit) => {
        this.#hover(hit);
      },
      choose: (hit, at) => {
        this.#select(hit?.record ?? -1);
        this.#moveCursor(hit === undefined || hit.record < 0 ? at : Math.max(hit.time, at), true);
      },
    });
    listenToKeys(this.#acts());
  }

  /** What keys and buttons do, by name. */
  #acts(): Readonly<Record<string, () => void>> {
    return {
      ...pageActs({
        window: this.#window,
        endTime: this.#model.endTime,
        player: this.#player,
        cursor: () => this.#cursor,
        goTo: (at) => {
          this.#goTo(at);
        },
        search: () => this.#search,
      }),
      first: () => {
        this.#window.ease(this.#model.window.from, this.#model.window.to);
      },
      "next-violation": () => {
        this.#stopAt(nextFinding(this.#model, this.#cursor, 1));
      },
      "previous-violation": () => {
        this.#stopAt(nextFinding(this.#model, this.#cursor, -1));
      },
      "next-state": () => {
        this.#step(1);
      },
      "previous-state": () => {
        this.#step(-1);
      },
      "next-event": () => {
        this.#goToIf(this.#timeline.order.step(this.#cursor, 1));
      },
      "previous-event": () => {
        this.#goToIf(this.#timeline.order.step(this.#cursor, -1));
      },
      cause: () => {
        const { record } = this.#selection;
        this.#stopAt(stepToCause(this.#model, record, this.#selection.coneOf(record, this.#window.to)));
      },
      fault: () => {
        this.#goToIf(this.#model.faults.map((fault) => fault.from).findLast((from) => from < this.#cursor));
      },
      order: () => {
        // Time, order of events, order of stamps where there are any.
        const isLast = this.#isByHlc || (this.#isByOrder && !this.#hasStamps);
        this.#isByHlc = this.#isByOrder && !isLast;
        this.#isByOrder = !this.#isByOrder && !isLast;
        this.#toHash();
        this.#ask();
      },
      link: () => {
        this.#toHash();
        copy(location.href, () => {
          write("live", "The link to this moment is copied.");
        });
        write("says", `Link to this moment: ${location.href}`);
      },
      save: () => {
        this.#save.toggle();
      },
      none: () => {
        this.#select(-1);
        this.#toHash();
      },
    };
  }

  get #hasStamps(): boolean {
    return this.#model.stamps.at.length > 0;
  }

  #step(direction: 1 | -1): void {
    this.#goToIf(
      direction > 0
        ? this.#stops.find((stop) => stop > this.#cursor)
        : this.#stops.findLast((stop) => stop < this.#cursor),
    );
  }

  #stopAt(stop: Stop | undefined): void {
    if (stop === undefined) return;
    this.#select(stop.record);
    this.#goTo(stop.time);
    if (stop.says !== "") write("says", stop.says);
  }

  #goToIf(at: number | undefined): void {
    if (at !== undefined) this.#goTo(at);
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
    return this.#cursor < this.#model.endTime;
  }

  #moveCursor(at: number, isByHand: boolean): void {
    // While it plays slowly, parts of µs add up.
    const whole = isByHand ? Math.round(at) : at;
    this.#cursor = Math.max(0, Math.min(this.#model.endTime, whole));
    showState(this.#model, this.#cursor);
    if (isByHand) {
      this.#toHash();
      this.#speak();
    }
    this.#ask();
  }

  /** What changed, once the reader pauses: a key that is held speaks once. */
  #speak(): void {
    clearTimeout(this.#spoken);
    this.#spoken = setTimeout(() => {
      write("live", `${formatSeconds(this.#cursor)}. ${document.getElementById("state-words")?.textContent ?? ""}`);
    }, SPOKEN_AFTER_MS) as unknown as number;
  }

  #select(record: number): void {
    this.#selection.choose(record);
    this.#ask();
  }

  #hover(hit: Hit | undefined): void {
    const record = hit?.record ?? -1;
    const cone = this.#selection.coneOf(record, this.#window.to);
    const lit =
      cone === undefined || cone.records.size < 2
        ? ""
        : `  ·  ${plural(cone.causes, "record")} led to it, ${plural(cone.effects, "record")} in sight came of it`;
    write("says", hit === undefined ? "" : hit.words + lit);
    if (this.#selection.hover(record)) this.#ask();
  }

  /** The chosen record's causes and effects, else those of the one under the pointer, else what the search found. */
  #lit(): Lit | undefined {
    return this.#selection.lit(this.#window.to) ?? this.#search?.result();
  }

  #toHash(isSoon = false): void {
    if (isSoon) this.#address.writeSoon();
    else this.#address.write();
  }

  #hash(): string {
    const { from, to } = this.#window;
    return hashOf({
      time: Math.round(this.#cursor),
      from,
      to,
      record: this.#selection.record,
      query: this.#search?.query ?? "",
      isByOrder: this.#isByOrder,
      isByHlc: this.#isByHlc,
    });
  }

  #fromHash(): void {
    if (location.hash === "") return;
    const place = placeOf(location.hash);
    this.#isByOrder = place.isByOrder === true;
    this.#isByHlc = place.isByHlc === true && this.#hasStamps;
    if (this.#search !== undefined) this.#search.query = place.query ?? "";
    this.#select(place.record ?? -1);
    const time = place.time ?? timeOfRecord(this.#model, place.record ?? -1);
    if (place.from !== undefined && place.to !== undefined && place.to > place.from)
      this.#window.show(place.from, place.to);
    if (time === undefined) this.#ask();
    else this.#goTo(time);
  }

  #ask(): void {
    this.#next.ask();
  }

  draw(): void {
    const { from, to } = this.#window;
    const axis = { isByOrder: this.#isByOrder, isByHlc: this.#isByHlc };
    this.#timeline.draw({ from, to, cursor: this.#cursor, lit: this.#lit(), ...axis });
    this.#frame?.show(from, to);
    this.#save.show(from, to);
    write("drawn", this.#timeline.hidden);
    write("axis", this.#isByHlc ? "order of stamps" : this.#isByOrder ? "order of events" : "virtual time");
    write("main-title", windowWords(from, to));
  }
}
