import type { DiffMarks } from "../diff-model.ts";
import type { ReportModel } from "../model.ts";
import { coneOf, type Cone } from "./cone.ts";
import { drawMarks, drawParting } from "./diff-marks.ts";
import type { Hit } from "./hover.ts";
import { listenToPointer, type PointerHands } from "./pointer.ts";
import { write } from "./state-table.ts";
import { Surface } from "./surface.ts";
import { readTheme } from "./theme.ts";
import { Timeline } from "./timeline.ts";

/** One of two runs: its timeline, with what the other run does not have marked on it. */
export class DiffPane {
  readonly #model: ReportModel;
  readonly #marks: DiffMarks;
  readonly #parting: number;
  readonly #name: string;
  readonly #timeline: Timeline;
  readonly #context: CanvasRenderingContext2D;
  #surface: Surface;
  #lit: Cone | undefined;

  /** @param name  `a` or `b`, the end of its elements' ids. */
  constructor(name: string, run: { readonly model: ReportModel; readonly marks: DiffMarks; readonly parting: number }) {
    const canvas = document.getElementById(`canvas-${name}`);
    const context = canvas instanceof HTMLCanvasElement ? canvas.getContext("2d") : null;
    if (context === null) throw new Error("This browser draws no canvas.");
    this.#name = name;
    this.#model = run.model;
    this.#marks = run.marks;
    this.#parting = run.parting;
    this.#context = context;
    this.#timeline = new Timeline(run.model, context.canvas);
    this.#surface = new Surface(context, readTheme(context));
  }

  listen(hands: Omit<PointerHands, "hover" | "choose">, chosen: (at: number) => void, ask: () => void): void {
    const stage = document.getElementById(`stage-${this.#name}`);
    if (stage === null) return;
    listenToPointer(stage, this.#timeline, {
      ...hands,
      hover: (hit) => {
        this.#hover(hit, hands.window().to);
        ask();
      },
      choose: (hit, at) => {
        chosen(hit === undefined || hit.record < 0 ? at : Math.max(hit.time, at));
      },
    });
  }

  retheme(): void {
    this.#timeline.retheme();
    this.#surface = new Surface(this.#context, readTheme(this.#context));
  }

  draw(view: { readonly from: number; readonly to: number; readonly cursor: number }): void {
    this.#timeline.draw({ ...view, lit: this.#lit, isByOrder: false });
    const { scene } = this.#timeline;
    if (scene === undefined) return;
    drawMarks(this.#surface, scene, this.#marks);
    drawParting(this.#surface, scene, this.#parting);
    write(`drawn-${this.#name}`, this.#timeline.hidden);
  }

  #hover(hit: Hit | undefined, to: number): void {
    write(`says-${this.#name}`, hit?.words ?? "");
    const cone = hit === undefined || hit.record < 0 ? undefined : coneOf(this.#model, hit.record, to);
    this.#lit = cone !== undefined && cone.records.size > 1 ? cone : undefined;
  }
}
