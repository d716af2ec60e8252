import { formatSeconds } from "../../../trace/units.ts";
import type { ReportModel } from "../model.ts";
import { drawAcknowledged, drawClients } from "./draw-clients.ts";
import { drawFaults } from "./draw-faults.ts";
import {
  drawBoundaries,
  drawCursor,
  drawDiscs,
  drawFlag,
  drawGrid,
  drawStoryRules,
  drawTints,
  drawWriters,
  type Lit,
  type Scene,
} from "./draw-frame.ts";
import { drawBands, drawBandText, drawClocks, drawContradictions, drawNames } from "./draw-lanes.ts";
import { drawEffects, drawLitOrders } from "./draw-effects.ts";
import { drawMessages, type Drawn } from "./draw-messages.ts";
import { labelMessages } from "./label-messages.ts";
import { drawPoints, hiddenPointsWords, pointsInView } from "./draw-points.ts";
import { drawLitFrames, drawLitMessages } from "./draw-lit.ts";
import type { StampedAxis } from "./draw-stamps.ts";
import { EventOrder } from "./order.ts";
import { MessageIndex } from "./message-index.ts";
import { silence } from "./silence.ts";
import { layOut, spanAt, type Layout, type View } from "./layout.ts";
import { Surface } from "./surface.ts";
import { readTheme } from "./theme.ts";

/** What the reader sees of the run. */
export interface ViewState {
  readonly from: number;
  readonly to: number;
  readonly cursor: number;
  readonly lit: Lit | undefined;
  readonly isByOrder: boolean;
  /** By the stamps of the nodes' hybrid clocks. */
  readonly isByHlc?: boolean;
}

/** How the axes of a timeline are made; a large run has millions of moments, so each is made when it is first asked for. */
export interface TimelineAxes {
  /** The order of events; that of this run alone unless told. */
  readonly order?: () => EventOrder;
  /** The order of stamps; a page without it does not carry its code. */
  readonly stamps?: () => StampedAxis;
}

/** The canvas of the main timeline: draws a window of the model, nothing else. */
export class Timeline {
  readonly #model: ReportModel;
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #layout: Layout;
  readonly #silence: ReturnType<typeof silence>;
  #surface: Surface;
  #scene: Scene | undefined;
  readonly #axes: TimelineAxes;
  #order: EventOrder | undefined;
  #stamps: StampedAxis | undefined;
  #drawn: Drawn = { lines: [], told: [], words: "" };
  readonly #index: MessageIndex;

  constructor(model: ReportModel, canvas: HTMLCanvasElement, axes: TimelineAxes = {}) {
    const context = canvas.getContext("2d");
    if (context === null) throw new Error("This browser draws no canvas.");
    this.#model = model;
    this.#axes = axes;
    this.#canvas = canvas;
    this.#context = context;
    this.#layout = layOut(model);
    this.#index = new MessageIndex(model);
    this.#silence = silence(model);
    this.#surface = new Surface(context, readTheme(context));
  }

  /** Reads colours anew, after the reader's scheme changed. */
  retheme(): void {
    this.#surface = new Surface(this.#context, readTheme(this.#context));
  }

  get scene(): Scene | undefined {
    return this.#scene;
  }
  get index(): MessageIndex {
    return this.#index;
  }
  /** What of the window is not drawn one by one; `""` when everything is. */
  get hidden(): string {
    const scene = this.#scene;
    if (scene === undefined) return "";
    const inversions = this.#stampsOf(scene.view)?.words(scene.view) ?? "";
    return `${this.#drawn.words} ${hiddenPointsWords(this.#model, scene.view, scene.shownPoints)} ${inversions}`.trim();
  }
  get drawn(): Drawn {
    return this.#drawn;
  }

  get order(): EventOrder {
    return (this.#order ??= this.#axes.order?.() ?? new EventOrder(this.#model));
  }

  /** The axis of stamps while it is the axis of a view. */
  #stampsOf({ order }: View): StampedAxis | undefined {
    return order !== undefined && order === this.#stamps?.order ? this.#stamps : undefined;
  }

  draw(state: ViewState): void {
    const width = this.#canvas.clientWidth || 1304;
    const { height } = this.#layout;
    const ratio = Math.min(3, devicePixelRatio || 1);
    if (this.#canvas.width !== Math.round(width * ratio) || this.#canvas.height !== Math.round(height * ratio)) {
      this.#canvas.width = Math.round(width * ratio);
      this.#canvas.height = Math.round(height * ratio);
      this.#canvas.style.height = `${String(height)}px`;
    }
    this.#context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const { cursor, lit } = state;
    const view = this.#viewOf(state, width);
    const scene = {
      model: this.#model,
      layout: this.#layout,
      index: this.#index,
      view,
      cursor,
      lit,
      shownPoints: pointsInView(this.#model, view),
    };
    this.#scene = scene;
    this.#paint(scene, width, height);
  }

  #viewOf({ from, to, isByOrder, isByHlc }: ViewState, width: number): View {
    const order = isByHlc === true ? (this.#stamps ??= this.#axes.stamps?.())?.order : undefined;
    if (order === undefined) return { from, to, width, order: isByOrder ? this.order : undefined, seen: { from, to } };
    const seen = { from, to };
    for (const lane of this.#model.nodes.keys()) {
      seen.from = Math.min(seen.from, order.time(order.rank(from), lane));
      seen.to = Math.max(seen.to, order.time(order.rank(to), lane));
    }
    return { from, to, width, order, seen };
  }

  #paint(scene: Scene, width: number, height: number): void {
    const surface = this.#surface;
    surface.clear(width, height);
    drawTints(surface, scene);
    drawGrid(surface, scene);
    this.#stampsOf(scene.view)?.draw(surface, scene);
    drawStoryRules(surface, scene);
    drawFaults(surface, scene);
    drawWriters(surface, scene);
    this.#drawn = drawMessages(surface, scene);
    drawLitMessages(surface, scene);
    drawBoundaries(surface, scene);
    drawBands(surface, scene);
    drawClocks(surface, scene);
    drawClients(surface, scene);
    drawEffects(surface, scene);
    drawLitFrames(surface, scene);
    drawLitOrders(surface, scene);
    drawPoints(surface, scene);
    drawCursor(surface, scene);
    drawBandText(surface, scene);
    drawContradictions(surface, scene);
    drawNames(surface, scene);
    this.#drawSilence(scene);
    drawAcknowledged(surface, scene);
    labelMessages(surface, scene, this.#drawn);
    drawDiscs(surface, scene);
    drawFlag(surface, scene);
  }

  #drawSilence({ view, layout, model }: Scene): void {
    const found = this.#silence;
    if (found === undefined) return;
    const place = spanAt(view, found.from, found.to, found.lane);
    const lane = layout.lanes[found.lane];
    if (place === undefined || lane === undefined || place.right - place.left < 40) return;
    this.#surface.dimension(
      place.left,
      place.right,
      lane.bottom + 15,
      `${model.names[found.lane] ?? ""} hears nothing for ${formatSeconds(found.to - found.from)}`,
    );
  }
}
