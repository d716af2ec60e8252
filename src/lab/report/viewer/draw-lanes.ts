import type { Band, NodeLane } from "../model.ts";
import type { Column } from "../columns.ts";
import { firstAfter } from "../state-at.ts";
import { TONE_INKS } from "./theme.ts";
import { GUTTER, RIGHT, ROLE_HEIGHT, spanAt, SUB_HEIGHT, xAt } from "./layout.ts";
import { vertical, type Scene } from "./draw-frame.ts";
import type { Surface } from "./surface.ts";
import type { Ink } from "../palette.ts";

/** No gutter has room for more letters. */
const NAME_MAX = 40;

/** What the words of a crash or a pause take of its beginning, px. */
const PLATE_ROOM = 130;

/** Names of lanes in the gutter, with what the reader needs to know beside them. */
export function drawNames(surface: Surface, { model, layout }: Scene): void {
  const name = (text: string, y: number, note: string): void => {
    const bold = { size: 14, weight: 650, ink: "ink", align: "right" } as const;
    const shown = fitted(surface, text, GUTTER - 18, bold);
    surface.text(GUTTER - 14, y, shown, bold);
    if (note === "") return;
    const room = GUTTER - 20 - surface.width(shown, bold);
    // Beside the name, or beneath it where the name is long.
    if (surface.width(note) <= room) surface.text(room, y, note, { align: "right" });
    else surface.text(GUTTER - 14, y + 15, note, { align: "right" });
  };
  model.nodes.forEach((lane, index) => {
    name(lane.id, (layout.lanes[index]?.top ?? 0) + 15, lane.note);
  });
  model.clients.forEach((lane, index) => {
    name(lane.id, (layout.clients[index] ?? 0) + 11.5, lane.note);
  });
}

/** Bands of all nodes; text comes later, in {@link drawBandText}, above the cursor line. */
export function drawBands(surface: Surface, scene: Scene): void {
  eachBand(scene, (band, y, height, isMain, lane) => {
    const place = spanAt(scene.view, band.from, band.to, lane);
    if (place === undefined) return;
    const { left } = place;
    const width = Math.max(0.75, place.right - left);
    const look = TONE_INKS[band.tone];
    if (band.tone === "fence") surface.hatch(left, y, width, height, "fence");
    else {
      surface.rect(left, y, width, height, "bg");
      surface.rect(left, y, width, height, look.fill);
    }
    if (surface.theme.isForced && width > 2) surface.box(left, y, width, height, "ink");
    else if (look.edge !== undefined && width > 2)
      surface.box(left, y, width, height, look.edge, look.dash === true ? { width: 1.25, dash: [4, 2.5] } : {});
    if (band.from > scene.view.from && isMain) {
      // A gap between equal states with another value; an ink edge where there is no room for the letter.
      if (width >= 14) surface.rect(left, y, 2, height, "bg");
      else if (width > 2) surface.rect(left, y, 1.5, height, "ink");
    }
  });
  scene.model.nodes.forEach((lane, index) => {
    drawAbsences(surface, scene, lane, index);
  });
}

/** Calls back for every shown band in the window that is wider than half a pixel, with its place. */
export function eachBand(
  { model, layout, view }: Scene,
  draw: (band: Band, y: number, height: number, isMain: boolean, lane: number) => void,
): void {
  model.nodes.forEach((lane, index) => {
    const top = layout.lanes[index]?.top ?? 0;
    const show = (key: string, y: number, height: number): void => {
      const bands = lane.states.find((track) => track.key === key)?.bands ?? [];
      let edge = -Infinity;
      for (let place = firstBandTo(bands, view.seen.from); place < bands.length; place++) {
        const band = bands[place] as Band;
        if (band.from >= view.seen.to) break;
        if (!band.isShown || band.to <= view.seen.from) continue;
        // Bands that end on the same half pixel are one: a state may change a thousand times in a second.
        const right = xAt(view, band.to, index);
        if (right < edge + 0.5) continue;
        edge = right;
        draw(band, y, height, key === lane.mainKey, index);
      }
    };
    show(lane.mainKey, top, ROLE_HEIGHT);
    lane.rows.forEach((keys, row) => {
      for (const key of keys) show(key, top + ROLE_HEIGHT + 1.5 + row * (SUB_HEIGHT + 1.5), SUB_HEIGHT);
    });
  });
}

/** Place of the first band that ends after a moment. */
function firstBandTo(bands: readonly Band[], at: number): number {
  let low = 0;
  let high = bands.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((bands[middle] as Band).to <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Down: cross hatch with a bar at the crash and a tick at the restart. Paused: lines inside the band, the state stays. */
function drawAbsences(surface: Surface, { view, layout }: Scene, lane: NodeLane, index: number): void {
  const y = layout.lanes[index]?.top ?? 0;
  for (const span of lane.process) {
    const place = spanAt(view, span.from, span.to, index);
    if (place === undefined) continue;
    const width = Math.max(2, place.right - place.left);
    if (span.kind === "down") {
      surface.hatch(place.left, y, width, ROLE_HEIGHT, "down");
      if (span.from >= view.from) surface.rect(place.left - 1, y - 3, 2.5, ROLE_HEIGHT + 6, "ink");
      if (span.after !== "" && span.to <= view.to) vertical(surface, place.right, y - 3, y + ROLE_HEIGHT + 3, "ink");
    } else {
      for (const part of [5, 10, 15]) {
        surface.line(
          [
            [place.left, y + part],
            [place.right, y + part],
          ],
          "ink2",
        );
      }
    }
    onPlate(surface, place.left, width, y + 14, span.words, "ink");
    surface.reserve(place.left, y, Math.min(place.right, place.left + PLATE_ROOM), y + ROLE_HEIGHT);
  }
}

export function drawBandText(surface: Surface, scene: Scene): void {
  const beside: { readonly x: number; readonly y: number; readonly words: string }[] = [];
  const write = (x: number, y: number, words: string, ink: Ink): void => {
    surface.text(x, y, words, { ink });
    surface.reserve(x - 2, y - 10, x + surface.width(words) + 2, y + 3);
  };
  eachBand(scene, (band, y, height, isMain, lane) => {
    const place = spanAt(scene.view, band.from, band.to, lane);
    if (place === undefined) return;
    const { left } = place;
    const width = place.right - left;
    const { text: ink, isStrong } = TONE_INKS[band.tone];
    if (!isMain) {
      if (band.tone === "fence") onPlate(surface, left, width, y + 10.7, band.words, "fencetext");
      else if (width > surface.width(band.words) + 28) write(left + 24, y + 10.7, band.words, ink);
      else if (width > surface.width(band.words) + 8) write(left + 4, y + 10.7, band.words, ink);
      else if (band.tone === "plain" && band.from >= scene.view.from)
        beside.push({ x: place.right + 5, y: y + 10.9, words: band.words });
      return;
    }
    if (width < 14) return;
    surface.text(width < 26 ? left + width / 2 : left + 8, y + 14.3, band.letter, {
      ink,
      size: 12,
      weight: 750,
      align: width < 26 ? "center" : "left",
    });
    const words = { ink, size: 12, weight: isStrong === true ? 600 : 450 } as const;
    const end = left + 24 + surface.width(band.words, words);
    // Where the node is down or paused, the band says so in the place of its words.
    if (width >= 90 && left + width > end + 4 && surface.isFree(left + 24, y, end, y + height))
      surface.text(left + 24, y + height - 5.7, band.words, words);
  });
  // What lasted too short to carry its words has them beside it, where no other band's words are.
  for (const { x, y, words } of beside) surface.label(x, y, words, { size: 11, limit: scene.view.width - RIGHT });
}

function onPlate(
  surface: Surface,
  left: number,
  width: number,
  y: number,
  text: string,
  ink: "ink" | "fencetext",
): void {
  const options = { ink, weight: 600 } as const;
  const room = surface.width(text, options) + 8;
  if (width < room + 8) return;
  const x = left + Math.min(24, (width - room) / 2);
  surface.rect(x, y - 9.7, room, 12.5, "bg");
  surface.text(x + 4, y, text, options);
}

/** Wall clock minus true time as a step line over a dashed zero; one scale for all nodes. */
export function drawClocks(surface: Surface, { model, layout, view }: Scene): void {
  const most = Math.max(1_000, ...layout.clocks.map(({ lane }) => largest(model.nodes[lane]?.clock.value ?? [])));
  for (const { lane, top } of layout.clocks) {
    const node = model.nodes[lane];
    if (node === undefined) continue;
    const middle = top + 22;
    const y = (offset: number): number => middle - (offset / most) * 16;
    surface.text(GUTTER - 14, top + 19, `${node.id} clock`, { align: "right" });
    surface.text(GUTTER - 14, top + 32, "offset, ms", { align: "right", ink: "ink3", size: 10 });
    surface.line(
      [
        [GUTTER, middle],
        [view.width - RIGHT, middle],
      ],
      "rule2",
      { dash: [2, 3] },
    );
    const points: [number, number][] = [];
    let value = 0;
    const labels: { x: number; y: number; text: string }[] = [];
    const { at, value: offsets } = node.clock;
    const first = firstAfter(at, view.seen.from);
    if (first > 0) value = offsets[first - 1] as number;
    points.push([GUTTER, y(value)]);
    if (value !== 0) labels.push({ x: GUTTER + 6, y: y(value), text: signed(value) });
    for (let index = first; index < at.length && (at[index] as number) <= view.seen.to; index++) {
      const x = Math.max(GUTTER, Math.min(view.width - RIGHT, xAt(view, at[index] as number, lane)));
      const next = offsets[index] as number;
      points.push([x, y(value)], [x, y(next)]);
      labels.push({ x: x + 6, y: y(next), text: signed(next) });
      value = next;
    }
    points.push([view.width - RIGHT, y(value)]);
    surface.line(points, "ink", { width: 1.5 });
    for (const label of labels) surface.label(label.x, label.y - 5, label.text, { size: 11 });
  }
}

function signed(micros: number): string {
  const millis = Math.round(micros / 1_000);
  return millis === 0 ? "0" : `${millis < 0 ? "−" : "+"}${String(Math.abs(millis))}`;
}

/** Bands that contradict each other where two may write. */
export function drawContradictions(surface: Surface, { model, layout, view }: Scene): void {
  for (const span of model.writers ?? []) {
    if (span.writers.length < 2) continue;
    for (const writer of span.writers) {
      const place = spanAt(view, span.from, span.to, writer);
      if (place === undefined) continue;
      const width = Math.max(2, place.right - place.left);
      const lane = model.nodes[writer];
      const row = lane?.rows.findIndex((keys) => keys.includes("writable")) ?? -1;
      if (lane === undefined || row < 0) continue;
      const y = (layout.lanes[writer]?.top ?? 0) + ROLE_HEIGHT + 1.5 + row * (SUB_HEIGHT + 1.5);
      surface.hatch(place.left, y, width, SUB_HEIGHT, "bad");
      surface.box(place.left, y, width, SUB_HEIGHT, "bad", { width: 1.25 });
      const text =
        lane.states
          .find((track) => track.key === "writable")
          ?.bands.find((band) => band.from <= span.from && band.to > span.from)?.words ?? "may write";
      const options = { size: 10.5, weight: 650, ink: "badtext", align: "center" } as const;
      const room = surface.width(text, options) + 8;
      if (room > width - 4) continue;
      surface.rect(place.left + (width - room) / 2, y + 1.75, room, 11, "bg");
      surface.text(place.left + width / 2, y + 10.7, text, options);
    }
  }
}

function largest(column: Column): number {
  let most = 0;
  for (let index = 0; index < column.length; index++) most = Math.max(most, Math.abs(column[index] as number));
  return most;
}

/** A name cut to the gutter, from behind. */
function fitted(surface: Surface, text: string, room: number, options: Parameters<Surface["width"]>[1]): string {
  const letters = Array.from(text.slice(0, NAME_MAX));
  let shown = text.length <= NAME_MAX ? text : `${letters.join("")}…`;
  while (letters.length > 1 && surface.width(shown, options) > room) {
    letters.pop();
    shown = `${letters.join("").trimEnd()}…`;
  }
  return shown;
}
