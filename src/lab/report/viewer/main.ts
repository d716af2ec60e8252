import { formatSeconds } from "../../../trace/units.ts";
import type { ReportModel } from "../model.ts";
import { loadModel } from "./data.ts";
import { Frame } from "./frame.ts";
import { discAt, wordsAt } from "./hover.ts";
import { timeAt } from "./layout.ts";
import { showState, write } from "./state-table.ts";
import { Timeline } from "./timeline.ts";

const SPAN_MIN = 1_000;
const EASE_MS = 120;

/** Joins timeline, frame, table and the reader's hands. */
class Viewer {
  readonly #model: ReportModel;
  readonly #timeline: Timeline;
  readonly #stage: HTMLElement;
  readonly #frame: Frame | undefined;
  readonly #stops: readonly number[];
  #window: { from: number; to: number };
  #cursor: number;
  #isAsked = false;

  constructor(model: ReportModel, stage: HTMLElement, canvas: HTMLCanvasElement) {
    this.#model = model;
    this.#stage = stage;
    this.#timeline = new Timeline(model, canvas);
    this.#window = { ...model.window };
    this.#cursor = model.cursor;
    this.#stops = stopsOf(model);
    const whole = document.querySelector<HTMLElement>(".whole");
    if (whole !== null)
      this.#frame = new Frame(model, whole, (from, to) => {
        this.#show(from, to);
      });
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
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.#timeline.retheme();
      this.#ask();
    });
    addEventListener("keydown", (event) => {
      this.#key(event);
    });
    for (const link of document.querySelectorAll<HTMLElement>("[data-time]")) {
      link.addEventListener("click", (event) => {
        event.preventDefault();
        this.#goTo(Number(link.dataset["time"]));
      });
    }
    document.getElementById("copy")?.addEventListener("click", () => {
      // Absent where the browser takes a file for an insecure place.
      const clipboard = navigator.clipboard as Clipboard | undefined;
      void clipboard?.writeText(document.getElementById("replay")?.textContent ?? "").then(() => {
        write("copy", "copied");
      });
    });
    this.#pointer();
  }

  #pointer(): void {
    const stage = this.#stage;
    const place = (event: MouseEvent): { x: number; y: number } => {
      const box = stage.getBoundingClientRect();
      return { x: event.clientX - box.left, y: event.clientY - box.top };
    };
    stage.addEventListener(
      "wheel",
      (event) => {
        if (event.ctrlKey) return;
        event.preventDefault();
        const { scene } = this.#timeline;
        if (scene === undefined) return;
        if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) this.#pan(event.deltaX / stage.clientWidth);
        else this.#zoom(event.deltaY > 0 ? 1.2 : 1 / 1.2, timeAt(scene.view, place(event).x));
      },
      { passive: false },
    );
    stage.addEventListener("pointerdown", (down) => {
      const start = place(down);
      const { from, to } = this.#window;
      const { scene } = this.#timeline;
      if (scene === undefined) return;
      let hasMoved = false;
      const moved = (event: PointerEvent): void => {
        const shift = place(event).x - start.x;
        if (!hasMoved && Math.abs(shift) < 4) return;
        hasMoved = true;
        const time = timeAt(scene.view, 0) - timeAt(scene.view, shift);
        this.#show(from + time, to + time);
      };
      const ended = (event: PointerEvent): void => {
        removeEventListener("pointermove", moved);
        removeEventListener("pointerup", ended);
        if (hasMoved) return;
        const at = place(event);
        this.#moveCursor(discAt(scene, at.x, at.y)?.time ?? timeAt(scene.view, at.x), true);
      };
      addEventListener("pointermove", moved);
      addEventListener("pointerup", ended);
    });
    stage.addEventListener("pointermove", (event) => {
      const { scene, drawn } = this.#timeline;
      const { x, y } = place(event);
      if (scene !== undefined && event.buttons === 0) write("says", wordsAt(scene, drawn.lines, x, y));
    });
    stage.addEventListener("pointerleave", () => {
      write("says", "");
    });
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const acts: Readonly<Record<string, () => void>> = {
      a: () => {
        this.#pan(-0.2);
      },
      d: () => {
        this.#pan(0.2);
      },
      w: () => {
        this.#zoom(1 / 1.5, this.#anchor());
      },
      s: () => {
        this.#zoom(1.5, this.#anchor());
      },
      "+": () => {
        this.#zoom(1 / 1.5, this.#anchor());
      },
      "-": () => {
        this.#zoom(1.5, this.#anchor());
      },
      f: () => {
        this.#ease(0, this.#model.endTime);
      },
      h: () => {
        this.#ease(this.#model.window.from, this.#model.window.to);
      },
      n: () => {
        this.#nextFinding(1);
      },
      p: () => {
        this.#nextFinding(-1);
      },
      ArrowRight: () => {
        this.#step(1);
      },
      ArrowLeft: () => {
        this.#step(-1);
      },
      "?": () => {
        const keys = document.getElementById("keys");
        keys?.classList.toggle("asked");
        keys?.scrollIntoView({ block: "center" });
      },
    };
    const act = acts[key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  }

  /** Zooms keep the cursor where it is while it is in sight, else the middle. */
  #anchor(): number {
    const { from, to } = this.#window;
    return this.#cursor >= from && this.#cursor <= to ? this.#cursor : (from + to) / 2;
  }

  #pan(part: number): void {
    const { from, to } = this.#window;
    const shift = (to - from) * part;
    this.#ease(from + shift, to + shift);
  }

  #zoom(factor: number, at: number): void {
    const { from, to } = this.#window;
    const span = Math.max(SPAN_MIN, Math.min(this.#model.endTime, (to - from) * factor));
    const part = (at - from) / (to - from);
    this.#ease(at - span * part, at + span * (1 - part));
  }

  #step(direction: 1 | -1): void {
    const next =
      direction > 0
        ? this.#stops.find((stop) => stop > this.#cursor)
        : this.#stops.findLast((stop) => stop < this.#cursor);
    if (next !== undefined) this.#goTo(next);
  }

  #nextFinding(direction: 1 | -1): void {
    const times = this.#model.findings.map((finding) => finding.time).sort((a, b) => a - b);
    const next =
      direction > 0
        ? (times.find((time) => time > this.#cursor) ?? times[0])
        : (times.findLast((time) => time < this.#cursor) ?? times[times.length - 1]);
    if (next !== undefined) this.#goTo(next);
  }

  #goTo(at: number): void {
    const { from, to } = this.#window;
    const margin = (to - from) / 10;
    if (at < from + margin / 4 || at > to - margin / 4) this.#ease(at - (to - from) / 2, at + (to - from) / 2);
    this.#moveCursor(at, true);
  }

  #moveCursor(at: number, isByHand: boolean): void {
    this.#cursor = Math.round(Math.max(0, Math.min(this.#model.endTime, at)));
    showState(this.#model, this.#cursor);
    if (isByHand) {
      history.replaceState(null, "", `#t=${String(this.#cursor)}`);
      write("live", `${formatSeconds(this.#cursor)}. ${document.getElementById("state-words")?.textContent ?? ""}`);
    }
    this.#ask();
  }

  #fromHash(): void {
    const match = /[#&]t=(\d{1,16})\b/.exec(location.hash);
    if (match !== null) this.#goTo(Number(match[1]));
  }

  /** Moves the window there in a moment; at once when the reader wants no motion. */
  #ease(from: number, to: number): void {
    const start = { ...this.#window };
    const goal = this.#clip(from, to);
    if (matchMedia("(prefers-reduced-motion: reduce)").matches || document.hidden) {
      this.#show(goal.from, goal.to);
      return;
    }
    const began = performance.now();
    const frame = (now: number): void => {
      const part = Math.min(1, Math.max(0, (now - began) / EASE_MS));
      const eased = part * (2 - part);
      this.#show(start.from + (goal.from - start.from) * eased, start.to + (goal.to - start.to) * eased);
      if (part < 1) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  #clip(from: number, to: number): { from: number; to: number } {
    const span = Math.max(SPAN_MIN, Math.min(this.#model.endTime, to - from));
    const start = Math.max(0, Math.min(this.#model.endTime - span, from));
    return { from: start, to: start + span };
  }

  #show(from: number, to: number): void {
    this.#window = this.#clip(from, to);
    this.#ask();
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
    this.#timeline.draw(this.#window, this.#cursor);
    this.#frame?.show(from, to);
    const digits = to - from < 100_000 ? 4 : to - from < 10_000_000 ? 2 : 1;
    const short = (micros: number): string => (micros / 1_000_000).toFixed(digits).replace(/\.?0+$/, "");
    write("drawn", this.#timeline.drawn.words);
    write("main-title", `${short(from)} to ${short(to)} s`);
  }
}

/** Moments at which something changed: where the arrow keys stop. */
function stopsOf(model: ReportModel): number[] {
  const stops = new Set<number>();
  for (const lane of model.nodes) {
    for (const { bands } of lane.states) for (const band of bands) if (band.isShown) stops.add(band.from);
    for (const span of lane.process) stops.add(span.from).add(span.to);
  }
  for (const fault of model.faults) stops.add(fault.from).add(fault.to);
  for (const span of model.writers ?? []) stops.add(span.from);
  return [...stops].sort((a, b) => a - b);
}

async function start(): Promise<void> {
  const stage = document.getElementById("stage");
  const canvas = document.getElementById("canvas");
  if (stage === null || !(canvas instanceof HTMLCanvasElement)) return;
  try {
    new Viewer(await loadModel(), stage, canvas).draw();
    document.documentElement.dataset["ready"] = "yes";
  } catch (error) {
    write(
      "says",
      `The timeline cannot be drawn in this browser: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

void start();
