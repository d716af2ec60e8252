import { formatSeconds } from "../../../trace/units.ts";
import type { DiffMarks } from "../diff-model.ts";
import type { ReportModel } from "../model.ts";
import { drawParting, MarkLists } from "./diff-marks.ts";
import type { Lit } from "./draw-frame.ts";
import type { Hit } from "./hover.ts";
import { RIGHT, spanAt } from "./layout.ts";
import type { EventOrder } from "./order.ts";
import { listenToPointer, type PointerHands } from "./pointer.ts";
import { Selection } from "./selection.ts";
import { write } from "./state-table.ts";
import { Surface } from "./surface.ts";
import { readTheme } from "./theme.ts";
import { Timeline } from "./timeline.ts";

/** What a pane shows. */
export interface DiffView {
  readonly from: number;
  readonly to: number;
  readonly cursor: number;
  readonly isByOrder: boolean;
  /** What a search found, lit while no record is chosen or under the pointer. */
  readonly found: Lit | undefined;
}

/** What of the pointer both panes share, and what it chose in this one. */
export interface PaneHands extends Omit<PointerHands, "hover" | "choose"> {
  readonly choose: (record: number, at: number) => void;
  readonly ask: () => void;
}

/** One of two runs: its timeline, with what the other run does not have marked on it. */
export class DiffPane {
  readonly #model: ReportModel;
  readonly #parting: number;
  readonly #name: string;
  readonly #timeline: Timeline;
  readonly #context: CanvasRenderingContext2D;
  readonly selection: Selection;
  readonly marks: MarkLists;
  #surface: Surface;

  /** @param name  `a` or `b`, the end of its elements' ids. */
  constructor(
    name: string,
    run: {
      readonly model: ReportModel;
      readonly marks: DiffMarks;
      readonly parting: number;
      readonly order: () => EventOrder;
    },
  ) {
    const canvas = document.getElementById(`canvas-${name}`);
    const context = canvas instanceof HTMLCanvasElement ? canvas.getContext("2d") : null;
    if (context === null) throw new Error("This browser draws no canvas.");
    this.#name = name;
    this.#model = run.model;
    this.#parting = run.parting;
    this.#context = context;
    this.#timeline = new Timeline(run.model, context.canvas, { order: run.order });
    this.#surface = new Surface(context, readTheme(context));
    this.selection = new Selection(run.model);
    this.marks = new MarkLists(run.marks);
  }

  listen(hands: PaneHands): void {
    const stage = document.getElementById(`stage-${this.#name}`);
    if (stage === null) return;
    listenToPointer(stage, this.#timeline, {
      ...hands,
      hover: (hit) => {
        write(`says-${this.#name}`, hit?.words ?? "");
        if (this.selection.hover(hit?.record ?? -1)) hands.ask();
      },
      choose: (hit, at) => {
        hands.choose(hit?.record ?? -1, isRecord(hit) ? Math.max(hit.time, at) : at);
      },
    });
  }

  retheme(): void {
    this.#timeline.retheme();
    this.#surface = new Surface(this.#context, readTheme(this.#context));
  }

  /** @returns How many differences in sight have no mark, by group. */
  draw({ found, ...view }: DiffView): readonly number[] {
    this.#timeline.draw({ ...view, lit: this.selection.lit(view.to) ?? found });
    const { scene } = this.#timeline;
    if (scene === undefined) return [];
    this.#drawEnd(view.to);
    const hidden = this.marks.draw(this.#surface, scene);
    drawParting(this.#surface, scene, this.#parting);
    write(`drawn-${this.#name}`, this.#timeline.hidden);
    return hidden;
  }

  /** What lies after the end of the shorter run. */
  #drawEnd(to: number): void {
    const { scene } = this.#timeline;
    const { endTime } = this.#model;
    if (scene === undefined || to <= endTime) return;
    const place = spanAt(scene.view, endTime, to);
    if (place === undefined) return;
    const { left } = place;
    this.#surface.hatch(left, 16, scene.view.width - RIGHT - left, scene.layout.height - 40, "paused");
    this.#surface.label(left + 8, 44, `${this.#name.toUpperCase()} ended at ${formatSeconds(endTime)}`, {
      weight: 650,
      limit: scene.view.width,
    });
  }
}

function isRecord(hit: Hit | undefined): hit is Hit {
  return hit !== undefined && hit.record >= 0;
}
