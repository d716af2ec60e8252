import { formatSeconds } from "../../../trace/units.ts";
import { tickLabel, ticks, tickStep } from "../axis.ts";
import type { ReportModel, StoryItem } from "../model.ts";
import { writeGaps, writeOverlaps } from "../write-row.ts";
import { GUTTER, RIGHT, spanAt, xAt, type Layout, type View } from "./layout.ts";
import type { MessageIndex } from "./message-index.ts";
import type { Surface } from "./surface.ts";

const TICKS = 11;
const WRITE_HEIGHT = 20;

/** What the frame of the picture is drawn from. */
export interface Scene {
  readonly model: ReportModel;
  readonly layout: Layout;
  readonly index: MessageIndex;
  readonly view: View;
  readonly cursor: number;
  /** Places of the points drawn, by lane. */
  readonly shownPoints: ReadonlyMap<number, readonly number[]>;
  /** What is lit; everything else recedes. */
  readonly lit: Lit | undefined;
}

/** Records that belong together, and the rows of the messages among them. */
export interface Lit {
  readonly records: ReadonlySet<number>;
  readonly rows: readonly number[];
}

/** Tints of the sides of partitions; below everything. */
export function drawTints(surface: Surface, { layout, view }: Scene): void {
  for (const { partition, areas } of layout.sides) {
    for (const cut of partition.cuts) {
      const span = spanAt(view, cut.from, cut.to);
      if (span === undefined) continue;
      for (const area of areas) {
        const side = area.group % 2 === 0 ? "tinta" : "tintb";
        surface.rect(
          span.left,
          area.top,
          Math.max(1, span.right - span.left),
          area.bottom - area.top,
          side,
          surface.theme.tint(side),
        );
      }
    }
  }
}

export function drawGrid(surface: Surface, { layout, view, cursor }: Scene): void {
  const step = tickStep(view.to - view.from, TICKS);
  const flag = xAt(view, cursor);
  let last = -Infinity;
  for (const at of ticks(view.from, view.to, TICKS)) {
    const x = Math.round(xAt(view, at)) + 0.5;
    // By order of events ticks may crowd.
    if (x < last + 46) continue;
    last = x;
    vertical(surface, x, 18, layout.height - 24, "rule");
    const text = tickLabel(at, step);
    const isLast = x > view.width - RIGHT - 16;
    const options = { ink: text.endsWith("s") ? "ink2" : "ink3", align: isLast ? "right" : "center" } as const;
    surface.text(isLast ? view.width - RIGHT : x, 11, text, options);
    if (Math.abs(x - flag) > 52) surface.text(isLast ? view.width - RIGHT : x, layout.height - 8, text, options);
  }
}

/** Rules from the discs of the story down to the last lane. */
export function drawStoryRules(surface: Surface, { model, layout, view }: Scene): void {
  for (const item of model.story) {
    if (item.time < view.from || item.time > view.to) continue;
    const x = xAt(view, item.time);
    vertical(
      surface,
      x,
      46,
      layout.rulesEnd,
      item.isBad ? "bad" : "ink2",
      item.isBad ? { width: 1.5 } : { dash: [1, 3] },
    );
  }
}

/** Places of the story's discs: at their moments, nudged apart. */
export function discPlaces({ model, view }: Scene): { readonly item: StoryItem; readonly x: number }[] {
  const places: { item: StoryItem; x: number }[] = [];
  let last = -Infinity;
  for (const item of model.story) {
    if (item.time < view.from || item.time > view.to) continue;
    last = Math.max(xAt(view, item.time), last + 21);
    places.push({ item, x: last });
  }
  // At the right edge they stand before their moments.
  let edge = view.width - RIGHT - 10;
  for (let index = places.length - 1; index >= 0; index--, edge -= 21) {
    const place = places[index];
    if (place === undefined || place.x <= edge) break;
    place.x = edge;
  }
  return places;
}

export function drawDiscs(surface: Surface, scene: Scene): void {
  const y = scene.layout.discs;
  for (const { item, x } of discPlaces(scene)) {
    const at = xAt(scene.view, item.time);
    const ink = item.isBad ? "badtext" : "ink2";
    if (Math.abs(x - at) > 1) {
      surface.line(
        [
          [at, y + 16],
          [x, y + 6],
        ],
        ink,
      );
    }
    const { context, theme } = surface;
    context.beginPath();
    context.arc(x, y, 9, 0, 7);
    context.fillStyle = theme.ink(item.isBad ? "badtext" : "bg");
    context.fill();
    surface.stroke(ink, { width: 1.25 });
    surface.text(x, y + 3.9, String(item.number), { ink: item.isBad ? "bg" : "ink", weight: 650, align: "center" });
  }
}

/** The row that answers who may write, with the length of every gap and overlap there is room for. */
export function drawWriters(surface: Surface, { model, layout, view }: Scene): void {
  const { writers, names } = model;
  if (writers === undefined) return;
  const y = layout.writers;
  surface.text(GUTTER - 14, y + 14, "may write", { size: 12, weight: 650, ink: "ink", align: "right" });
  const overlaps = writeOverlaps(writers);
  for (const span of writers) {
    const place = spanAt(view, span.from, span.to);
    if (place === undefined || span.writers.length !== 1) continue;
    const { left, right } = place;
    surface.rect(left, y, right - left, WRITE_HEIGHT, "lead");
    if (span.from > view.from) surface.rect(left, y, 2, WRITE_HEIGHT, "bg");
  }
  for (const overlap of overlaps) {
    const place = spanAt(view, overlap.from, overlap.to);
    if (place === undefined) continue;
    const width = Math.max(3, place.right - place.left);
    surface.hatch(place.left, y - 3, width, WRITE_HEIGHT + 6, "bad");
    surface.box(place.left, y - 3, width, WRITE_HEIGHT + 6, "bad", { width: 1.5 });
    const who = overlap.writers.map((writer) => names[writer] ?? "").join(" and ");
    plate(surface, place.left, width, y + 14, `${who}, ${formatSeconds(overlap.to - overlap.from)}`);
  }
  for (const gap of writeGaps(writers)) {
    const place = spanAt(view, gap.from, gap.to);
    if (place !== undefined && place.right - place.left > 3)
      surface.dimension(place.left + 1, place.right - 1, y + 10, `nobody, ${formatSeconds(gap.to - gap.from)}`);
  }
  for (const span of writers) {
    const place = spanAt(view, span.from, span.to);
    if (place === undefined || span.writers.length !== 1) continue;
    const text = (names[span.writers[0] as number] ?? "") + (overlaps.length > 0 ? " only" : "");
    surface.label(place.left + 8, y + 14, text, {
      size: 12,
      weight: 650,
      ink: "onlead",
      halo: false,
      slack: 160,
      limit: place.right,
    });
  }
}

function plate(surface: Surface, left: number, width: number, y: number, text: string): void {
  const options = { size: 11.5, weight: 700, ink: "badtext", align: "center" } as const;
  const room = surface.width(text, options) + 12;
  if (room < width - 4) {
    surface.rect(left + (width - room) / 2, y - 11.5, room, 15, "bg");
    surface.text(left + width / 2, y, text, options);
  } else surface.label(left + width + 5, y, text, { ...options, align: "left" });
}

/** The dash-dot boundary between the sides, with their letters at the right end. */
export function drawBoundaries(surface: Surface, { layout, view }: Scene): void {
  for (const { partition, boundaries, areas } of layout.sides) {
    const span = spanAt(view, partition.from, partition.to);
    if (span === undefined) continue;
    boundaries.forEach((y, index) => {
      for (const cut of partition.cuts) {
        const part = spanAt(view, cut.from, cut.to);
        if (part === undefined) continue;
        surface.line(
          [
            [part.left, y],
            [part.right, y],
          ],
          "ink",
          { width: 1.25, dash: [7, 3, 1, 3] },
        );
      }
      if (partition.open !== "none" && index === 0) openArrows(surface, span, y, partition.open === "first-to-second");
    });
    if (span.right - span.left < 30) continue;
    areas.forEach((area, index) => {
      const isFirst = index === 0;
      const y = isFirst ? area.bottom - 23 : area.top + 3;
      const x = span.right - 20;
      surface.rect(x, y, 20, 20, "ink");
      surface.text(x + 10, y + 14.5, String.fromCharCode(65 + (area.group % 26)), {
        size: 12,
        weight: 700,
        ink: "bg",
        align: "center",
      });
      surface.reserve(x, y, x + 20, y + 20);
    });
  }
}

/** Arrowheads on the boundary, pointing to where messages still pass. */
function openArrows(surface: Surface, span: { left: number; right: number }, y: number, isDown: boolean): void {
  const size = isDown ? 6 : -6;
  surface.context.beginPath();
  for (let x = span.left + 40; x < span.right - 30; x += 90) {
    surface.context.moveTo(x - 4, y);
    surface.context.lineTo(x, y + size);
    surface.context.lineTo(x + 4, y);
    surface.context.closePath();
  }
  surface.context.fillStyle = surface.theme.ink("ink");
  surface.context.fill();
}

export function drawCursor(surface: Surface, { layout, view, cursor }: Scene): void {
  if (cursor < view.from || cursor > view.to) return;
  // One moment is at different places where lanes go by stamps.
  const x = xAt(view, cursor);
  const points: [number, number][] = [[x, layout.writers + WRITE_HEIGHT]];
  layout.lanes.forEach(({ top, bottom }, lane) => {
    const there = xAt(view, cursor, lane);
    points.push([there, top], [there, bottom]);
  });
  points.push([x, (layout.lanes[layout.lanes.length - 1]?.bottom ?? 0) + 12], [x, layout.height - 22]);
  surface.line(points, "ink", { width: 1.5 });
}

/** The flag with the time at the foot of the cursor. */
export function drawFlag(surface: Surface, { layout, view, cursor }: Scene): void {
  if (cursor < view.from || cursor > view.to) return;
  const x = xAt(view, cursor);
  const y = layout.height - 22;
  const left = Math.min(Math.max(x - 30, 0), view.width - 60);
  const { context, theme } = surface;
  context.beginPath();
  context.moveTo(x, y - 1);
  context.lineTo(x + 5, y + 5);
  context.lineTo(x - 5, y + 5);
  context.closePath();
  context.fillStyle = theme.ink("ink");
  context.fill();
  surface.rect(left, y + 4, 60, 16, "ink");
  surface.text(left + 30, y + 16, formatSeconds(Math.round(cursor)), { weight: 650, ink: "bg", align: "center" });
}

export function vertical(
  surface: Surface,
  x: number,
  top: number,
  bottom: number,
  ink: Parameters<Surface["line"]>[1],
  options: Parameters<Surface["line"]>[2] = {},
): void {
  surface.line(
    [
      [x, top],
      [x, bottom],
    ],
    ink,
    options,
  );
}
