import type { MessageTone, ReportModel } from "../model.ts";
import type { Ink } from "../palette.ts";
import { GUTTER, RIGHT, xAt } from "./layout.ts";
import type { Scene } from "./draw-frame.ts";
import type { Surface } from "./surface.ts";

/** More background messages than this in the window are left out until the reader zooms in. */
const BACKGROUND_MAX = 240;
/** More messages of one layer than this in the window become a shade. */
const LINES_MAX = 2_200;
const HEADS_MAX = 900;
const DENSITY_STEP = 2;

/** A message as it was drawn, for the pointer. */
export interface DrawnMessage {
  readonly index: number;
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

interface Style {
  readonly ink: Ink;
  readonly alpha: number;
  readonly width: number;
}

const STYLES: Readonly<Record<MessageTone, Style>> = {
  background: { ink: "msg", alpha: 0.4, width: 1 },
  routine: { ink: "msg", alpha: 0.62, width: 1 },
  append: { ink: "lead", alpha: 0.34, width: 1 },
  client: { ink: "msg", alpha: 0.4, width: 1 },
  decisive: { ink: "ink", alpha: 0.62, width: 1 },
};
/** A message that a state change came from. */
const CAUSE_STYLE: Style = { ink: "ink", alpha: 1, width: 1.3 };
const PAINT_ORDER = ["background", "routine", "append", "decisive", "cause"] as const;
type Layer = (typeof PAINT_ORDER)[number];

/** Draws the messages between nodes. @returns what was drawn as a line, and every message in the window. */
export function drawMessages(
  surface: Surface,
  scene: Scene,
): { readonly drawn: readonly DrawnMessage[]; readonly seen: readonly number[] } {
  const seen = messagesInView(scene);
  const drawn: DrawnMessage[] = [];
  for (const layer of PAINT_ORDER) {
    const batch = seen.filter((index) => layerOf(scene.model, index) === layer);
    const lost = batch.filter((index) => isDropped(scene.model, index));
    if (layer !== "background" || batch.length <= BACKGROUND_MAX) {
      if (layer === "cause" || batch.length <= LINES_MAX) drawn.push(...drawBatch(surface, scene, batch, layer));
      else drawDensity(surface, scene, batch, layer);
    }
    crosses(surface, scene, lost, layer === "background");
  }
  return { drawn, seen };
}

function layerOf(model: ReportModel, index: number): Layer {
  const tone = model.messageTypes[model.messages.type[index] ?? 0]?.tone ?? "routine";
  if (((model.messages.flags[index] ?? 0) & 1) !== 0) return "cause";
  return tone === "client" ? "routine" : tone;
}

/** Too many to tell apart: each gap between lanes is shaded, column by column, by how many messages pass through it. */
function drawDensity(
  surface: Surface,
  { model, layout, view }: Scene,
  batch: readonly number[],
  layer: Exclude<Layer, "cause">,
): void {
  const columns = Math.ceil((view.width - RIGHT - GUTTER) / DENSITY_STEP);
  const gaps = Math.max(1, layout.lanes.length - 1);
  const counts = new Float64Array(columns * gaps);
  const { sent, from, to } = model.messages;
  for (const index of batch) {
    const column = Math.floor((xAt(view, sent[index] as number) - GUTTER) / DENSITY_STEP);
    if (column < 0 || column >= columns) continue;
    const a = Math.min(from[index] as number, to[index] as number);
    const b = Math.max(from[index] as number, to[index] as number);
    for (let gap = a; gap < b; gap++) {
      const cell = gap * columns + column;
      counts[cell] = (counts[cell] as number) + 1;
    }
  }
  const most = counts.reduce((high, count) => Math.max(high, count), 1);
  for (let gap = 0; gap < gaps; gap++) {
    const top = layout.lanes[gap]?.bottom ?? 0;
    const height = (layout.lanes[gap + 1]?.top ?? top) - top;
    for (let column = 0; column < columns; column++) {
      const count = counts[gap * columns + column] as number;
      if (count > 0)
        surface.rect(
          GUTTER + column * DENSITY_STEP,
          top,
          DENSITY_STEP,
          height,
          STYLES[layer].ink,
          0.05 + 0.3 * (count / most),
        );
    }
  }
}

/** Whether a message was lost. */
export function isDropped(model: ReportModel, index: number): boolean {
  return (model.messages.fate[index] ?? -1) >= 0;
}

/** Messages between nodes that touch the window, in order of sending. */
function messagesInView({ model, view }: Scene): number[] {
  const { sent, took, from, to } = model.messages;
  const nodes = model.nodes.length;
  const seen: number[] = [];
  for (let index = 0; index < sent.length; index++) {
    const at = sent[index] as number;
    if (at > view.to) break;
    if (at + (took[index] as number) < view.from) continue;
    if ((from[index] as number) < nodes && (to[index] as number) < nodes) seen.push(index);
  }
  return seen;
}

function drawBatch(surface: Surface, scene: Scene, batch: readonly number[], layer: Layer): DrawnMessage[] {
  const { context, theme } = surface;
  const { model } = scene;
  const style = layer === "cause" ? CAUSE_STYLE : STYLES[layer];
  const isInk = layer === "cause" || layer === "decisive";
  const drawn: DrawnMessage[] = [];
  const heads: DrawnMessage[] = [];
  const paths = [new Path2D(), new Path2D(), new Path2D()];
  for (const index of batch) {
    const line = lineOf(scene, index);
    if (line === undefined) continue;
    drawn.push(line);
    const fate = model.messages.fate[index] ?? -1;
    const isReply = model.messageTypes[model.messages.type[index] ?? 0]?.isReply === true;
    const path = paths[fate === -2 ? 2 : isReply ? 1 : 0] as Path2D;
    path.moveTo(line.x1, line.y1);
    path.lineTo(line.x2, line.y2);
    if (fate === -1) heads.push(line);
  }
  context.save();
  context.beginPath();
  context.rect(GUTTER, 0, scene.view.width - RIGHT - GUTTER, scene.layout.height);
  context.clip();
  context.strokeStyle = context.fillStyle = theme.ink(style.ink);
  context.globalAlpha = style.alpha;
  context.lineWidth = style.width;
  [[], isInk ? [4, 2.5] : [2, 2], [1, 3]].forEach((dash, place) => {
    context.setLineDash(dash);
    context.stroke(paths[place] as Path2D);
  });
  context.setLineDash([]);
  if (heads.length <= HEADS_MAX) {
    const shape = new Path2D();
    for (const line of heads) head(shape, line, layer === "cause" ? 6 : 4.2);
    context.globalAlpha = Math.min(1, style.alpha + 0.2);
    context.fill(shape);
  }
  context.restore();
  return drawn;
}

function head(shape: Path2D, { x1, y1, x2, y2 }: DrawnMessage, size: number): void {
  const length = Math.hypot(x2 - x1, y2 - y1) || 1;
  const dx = (x2 - x1) / length;
  const dy = (y2 - y1) / length;
  shape.moveTo(x2, y2);
  shape.lineTo(x2 - size * (dx + 0.4 * dy), y2 - size * (dy - 0.4 * dx));
  shape.lineTo(x2 - size * (dx - 0.4 * dy), y2 - size * (dy + 0.4 * dx));
  shape.closePath();
}

/** From band edge to band edge; a dropped message ends where it was lost. */
export function lineOf({ model, layout, view }: Scene, index: number): DrawnMessage | undefined {
  const { sent, took, from, to } = model.messages;
  const sender = from[index] as number;
  const receiver = to[index] as number;
  const a = layout.lanes[sender];
  const b = layout.lanes[receiver];
  if (a === undefined || b === undefined || sender === receiver) return undefined;
  const isDown = receiver > sender;
  const start = sent[index] as number;
  const x1 = xAt(view, start);
  const x2 = xAt(view, start + (took[index] as number));
  const y1 = isDown ? a.bottom : a.top;
  const y2 = isDown ? b.top : b.bottom;
  if (!isDropped(model, index)) return { index, x1, y1, x2, y2 };
  const lost = lostAt(model, layout, index, { y1, y2, isDown });
  // Marks of one burst stand side by side, so that they can be counted.
  const shift = (receiver - (model.nodes.length - 1) / 2) * Math.min(5, 40 / model.nodes.length);
  return { index, x1, y1, x2: lost.isAtBoundary ? Math.max(x1, x2) + shift : x1 + (x2 - x1) * lost.part, y2: lost.y };
}

function lostAt(
  model: ReportModel,
  layout: Scene["layout"],
  index: number,
  line: { y1: number; y2: number; isDown: boolean },
): { readonly y: number; readonly part: number; readonly isAtBoundary: boolean } {
  const { from, to, fate, sent, took } = model.messages;
  const cause = model.dropCauses[fate[index] ?? 0];
  const { y1, y2, isDown } = line;
  if (cause?.reason === "partition") {
    const at = (sent[index] as number) + (took[index] as number);
    const side = layout.sides.find(
      ({ partition }) => partition.fault === cause.fault && partition.from <= at && at <= partition.to,
    );
    const boundaries = side?.boundaries.filter((y) => (y - y1) * (y - y2) < 0) ?? [];
    const group = (lane: number): number => side?.partition.groups.findIndex((members) => members.includes(lane)) ?? -1;
    const boundary = isDown ? boundaries[0] : boundaries[boundaries.length - 1];
    if (boundary !== undefined && group(from[index] as number) !== group(to[index] as number)) {
      return { y: boundary + (isDown ? -5 : 5), part: 1, isAtBoundary: true };
    }
  }
  const isAtReceiver =
    cause?.reason === "crashed" || cause?.reason === "stale-connection" || cause?.reason === "unknown-node";
  return isAtReceiver
    ? { y: y2 + (isDown ? -3 : 3), part: 1, isAtBoundary: false }
    : { y: (y1 + y2) / 2, part: 0.5, isAtBoundary: false };
}

/** One × a lost message; those that fall on the same few pixels are one, as their label counts them. */
function crosses(surface: Surface, scene: Scene, batch: readonly number[], isQuiet: boolean): void {
  const { context } = surface;
  const taken = new Set<string>();
  context.beginPath();
  for (const index of batch) {
    const line = lineOf(scene, index);
    if (line === undefined || line.x2 < GUTTER || line.x2 > scene.view.width - RIGHT) continue;
    // Marks closer than their own size are one.
    const place = `${String(Math.round(line.x2 / 4))} ${String(Math.round(line.y2))}`;
    if (taken.has(place)) continue;
    taken.add(place);
    const size = isQuiet ? 1.8 : 2.6;
    context.moveTo(line.x2 - size, line.y2 - size);
    context.lineTo(line.x2 + size, line.y2 + size);
    context.moveTo(line.x2 + size, line.y2 - size);
    context.lineTo(line.x2 - size, line.y2 + size);
  }
  surface.stroke(isQuiet ? "ink3" : "ink", { width: isQuiet ? 1 : 1.35 });
}
