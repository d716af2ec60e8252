import type { MessageTone, ReportModel } from "../model.ts";
import type { Ink } from "../palette.ts";
import { isOvertaken, isSecondCopy } from "../overtaken.ts";
import { formatCount, plural } from "../words.ts";
import { GUTTER, RIGHT, timeAt, xAt } from "./layout.ts";
import type { Scene } from "./draw-frame.ts";
import { LAYERS, type Layer } from "./message-index.ts";
import type { Surface } from "./surface.ts";

/** More background messages than this in the window are left out until the reader zooms in; {@link Drawn} says so. */
const BACKGROUND_MAX = 240;
/** More messages of one layer than this in the window become a shade. */
const LINES_MAX = 1_600;
/** More than this in all layers together too, the commonest layer first. */
const EXACT_MAX = 5_000;
const HEADS_MAX = 900;
const DENSITY_STEP = 2;
const SHADES = 12;
/** Labels look at this many messages at most. */
const LABELLED_MAX = 4_000;

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

/** What the window shows of the messages between nodes. */
export interface Drawn {
  /** Messages drawn as lines, for the pointer. */
  readonly lines: readonly DrawnMessage[];
  /** Rows drawn as lines, which labels speak of; of a great many the first. */
  readonly told: readonly number[];
  /** How many there are in the window and what is not drawn one by one; `""` when everything is. */
  readonly words: string;
}

/** Draws the messages between nodes: as lines while they can be told apart, else as a shade; lost ones always one by one. */
export function drawMessages(surface: Surface, scene: Scene): Drawn {
  const { index, view } = scene;
  const counts = LAYERS.map((layer) => {
    const { first, end } = index.layers[layer].placesIn(view.seen.from, view.seen.to);
    return { layer, count: end - first };
  });
  const shaded = shadedLayers(counts);
  const lines: DrawnMessage[] = [];
  const told: number[] = [];
  for (const { layer, count } of counts) {
    if (shaded.has(layer)) {
      if (layer !== "background" && count > 0) drawDensity(surface, scene, layer);
      continue;
    }
    const rows = index.layers[layer].rowsIn(view.seen.from, view.seen.to);
    lines.push(...drawBatch(surface, scene, rows, layer));
    if (told.length < LABELLED_MAX) told.push(...rows);
  }
  const lost = lostInView(scene);
  const quiet = lost.filter((row) => isBackground(scene.model, row));
  crosses(surface, scene, quiet, true);
  crosses(surface, scene, quiet.length === 0 ? lost : lost.filter((row) => !isBackground(scene.model, row)), false);
  told.sort((a, b) => a - b);
  return { lines, told, words: drawnWords(counts, shaded) };
}

type LayerCounts = readonly { readonly layer: Layer; readonly count: number }[];

function shadedLayers(counts: LayerCounts): Set<Layer> {
  const shaded = new Set<Layer>();
  let exact = 0;
  for (const { layer, count } of counts) {
    const most = layer === "background" ? BACKGROUND_MAX : layer === "cause" ? EXACT_MAX : LINES_MAX;
    if (count > most) shaded.add(layer);
    else exact += count;
  }
  for (const { layer, count } of [...counts].sort((a, b) => b.count - a.count)) {
    if (exact <= EXACT_MAX || shaded.has(layer)) continue;
    shaded.add(layer);
    exact -= count;
  }
  return shaded;
}

function drawnWords(counts: LayerCounts, shaded: ReadonlySet<Layer>): string {
  let all = 0;
  let shade = 0;
  let hidden = 0;
  for (const { layer, count } of counts) {
    all += count;
    if (!shaded.has(layer)) continue;
    if (layer === "background") hidden += count;
    else shade += count;
  }
  const parts = [
    ...(shade > 0 ? [`${formatCount(shade)} as a shade`] : []),
    ...(hidden > 0 ? [`${formatCount(hidden)} of the detector not drawn`] : []),
  ];
  if (parts.length === 0) return "";
  return `${plural(all, "message")} between nodes in this window: ${parts.join(", ")}, lost ones one by one. Zoom in to see each.`;
}

const CELLS_MAX = 4_000_000;

/** A set of small numbers. */
class BitCells {
  readonly #cells: Uint8Array;
  constructor(size: number) {
    this.#cells = new Uint8Array(size);
  }
  has(cell: number): boolean {
    return this.#cells[cell] === 1;
  }
  add(cell: number): void {
    this.#cells[cell] = 1;
  }
}

/** Rows lost in the window, each place in the picture once: more would lie under one another. */
function lostInView({ model, view, index }: Scene): number[] {
  const { from: earliest, to: latest } = view.seen;
  const { first, end } = index.lost.placesIn(earliest, latest);
  if (end - first < LABELLED_MAX) return index.lost.rowsIn(earliest, latest);
  const { from, to, fate, sent } = model.messages;
  const nodes = model.nodes.length;
  const columns = Math.ceil((view.width - RIGHT - GUTTER) / 4) + 1;
  const cells = columns * nodes * nodes * model.dropCauses.length;
  const taken = cells <= CELLS_MAX ? new BitCells(cells) : new Set<number>();
  const rows: number[] = [];
  index.lost.eachIn(earliest, latest, (row) => {
    const column = Math.max(
      0,
      Math.min(columns - 1, Math.floor((xAt(view, sent[row] as number, from[row]) - GUTTER) / 4)),
    );
    const pair = (from[row] as number) * nodes + (to[row] as number);
    const key = (column * nodes * nodes + pair) * model.dropCauses.length + (fate[row] as number);
    if (taken.has(key)) return;
    taken.add(key);
    rows.push(row);
  });
  return rows;
}

function isBackground(model: ReportModel, row: number): boolean {
  return model.messageTypes[model.messages.type[row] ?? 0]?.tone === "background";
}

/** Too many to tell apart: each gap between lanes is shaded, column by column, by how many messages pass through it. */
function drawDensity(surface: Surface, { layout, view, index }: Scene, layer: Layer): void {
  const columns = Math.ceil((view.width - RIGHT - GUTTER) / DENSITY_STEP);
  const counts = index.density(layer, view, columns, (x) => timeAt(view, GUTTER + x * DENSITY_STEP));
  let most = 1;
  for (const count of counts) if (count > most) most = count;
  const style = layer === "cause" ? CAUSE_STYLE : STYLES[layer];
  const shadeAt = (gap: number, column: number): number =>
    Math.ceil((SHADES * (counts[gap * columns + column] as number)) / most);
  for (let gap = 0; gap * columns < counts.length; gap++) {
    const top = layout.lanes[gap]?.bottom ?? 0;
    const height = (layout.lanes[gap + 1]?.top ?? top) - top;
    // Neighbours of one shade are one area.
    for (let column = 0; column < columns;) {
      const shade = shadeAt(gap, column);
      let end = column + 1;
      while (end < columns && shadeAt(gap, end) === shade) end++;
      const width = (end - column) * DENSITY_STEP;
      const alpha = 0.05 + 0.3 * (shade / SHADES);
      if (shade > 0) surface.rect(GUTTER + column * DENSITY_STEP, top, width, height, style.ink, alpha);
      column = end;
    }
  }
}

/** Whether a message was lost. */
export function isDropped(model: ReportModel, index: number): boolean {
  return (model.messages.fate[index] ?? -1) >= 0;
}

/** What is on its way for longer than this waits for a paused receiver: hundreds of such lines end at once, and recede. */
const WAITING = 60;

/** Draws rows as lines, in the manner of a layer. */
export function drawBatch(surface: Surface, scene: Scene, batch: readonly number[], layer: Layer): DrawnMessage[] {
  const { context, theme } = surface;
  const { model } = scene;
  const style = layer === "cause" ? CAUSE_STYLE : STYLES[layer];
  const isInk = layer === "cause" || layer === "decisive";
  const drawn: DrawnMessage[] = [];
  const heads: DrawnMessage[] = [];
  const paths = [new Path2D(), new Path2D(), new Path2D()];
  const waiting = new Path2D();
  for (const index of batch) {
    const line = lineOf(scene, index);
    if (line === undefined) continue;
    drawn.push(line);
    const fate = model.messages.fate[index] ?? -1;
    const isReply = model.messageTypes[model.messages.type[index] ?? 0]?.isReply === true;
    const isWaiting = !isInk && fate !== -2 && line.x2 - line.x1 > WAITING;
    const path = isWaiting ? waiting : (paths[fate === -2 ? 2 : isReply ? 1 : 0] as Path2D);
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
  context.globalAlpha = style.alpha / 4;
  context.stroke(waiting);
  if (heads.length <= HEADS_MAX) {
    const shape = new Path2D();
    for (const line of heads) head(shape, line, layer === "cause" ? 6 : 4.2);
    context.globalAlpha = Math.min(1, style.alpha + 0.2);
    context.fill(shape);
    drawOdd(surface, scene, heads);
  }
  context.restore();
  return drawn;
}

const RING = 3.6;

/** What is odd about an arrival: a ring round the head of an overtaken message, a second head on a second copy. */
function drawOdd({ context }: Surface, { model }: Scene, heads: readonly DrawnMessage[]): void {
  const rings = new Path2D();
  const seconds = new Path2D();
  for (const line of heads) {
    const { index, x1, y1, x2, y2 } = line;
    const length = Math.hypot(x2 - x1, y2 - y1) || 1;
    const back = (by: number): [number, number] => [x2 - (by * (x2 - x1)) / length, y2 - (by * (y2 - y1)) / length];
    if (isSecondCopy(model.messages.flags[index] as number)) {
      const [x, y] = back(5.5);
      head(seconds, { ...line, x2: x, y2: y }, 4.8);
    } else if (isOvertaken(model, index)) {
      const [x, y] = back(RING);
      rings.moveTo(x + RING, y);
      rings.arc(x, y, RING, 0, 7);
    }
  }
  context.globalAlpha = 1;
  context.lineWidth = 1;
  context.stroke(rings);
  context.fill(seconds);
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
  const x1 = xAt(view, start, sender);
  const x2 = xAt(view, start + (took[index] as number), receiver);
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
export function crosses(surface: Surface, scene: Scene, batch: readonly number[], isQuiet: boolean): void {
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
