import { GUTTER, RIGHT, spanAt } from "./layout.ts";
import { crosses, drawBatch, isDropped } from "./draw-messages.ts";
import type { Scene } from "./draw-frame.ts";
import { eachBand } from "./draw-lanes.ts";
import { firstOperation } from "./draw-clients.ts";
import type { Surface } from "./surface.ts";

const FADED = 0.72;
const LIT_MAX = 5_000;

/** Lets all messages recede but those that are lit, and draws these anew; before the bands are drawn. */
export function drawLitMessages(surface: Surface, scene: Scene): void {
  const { lit, layout, view, model } = scene;
  const first = layout.lanes[0];
  const last = layout.lanes[layout.lanes.length - 1];
  if (lit === undefined || lit.rows.length === 0 || first === undefined || last === undefined) return;
  surface.rect(GUTTER, first.bottom, view.width - RIGHT - GUTTER, last.top - first.bottom, "bg", FADED);
  const { sent, took } = model.messages;
  const rows = lit.rows
    .filter(
      (row) => (sent[row] as number) <= view.seen.to && (sent[row] as number) + (took[row] as number) >= view.seen.from,
    )
    .slice(0, LIT_MAX);
  drawBatch(surface, scene, rows, "cause");
  crosses(
    surface,
    scene,
    rows.filter((row) => isDropped(model, row)),
    false,
  );
}

/** Frames round lit states and operations; after the bands are drawn. */
export function drawLitFrames(surface: Surface, scene: Scene): void {
  const { lit, layout, view, model } = scene;
  if (lit === undefined) return;
  const frame = (from: number, to: number, y: number, height: number, lane?: number): void => {
    const place = spanAt(view, from, to, lane);
    if (place !== undefined)
      surface.box(place.left - 1, y - 2, Math.max(5, place.right - place.left + 2), height + 4, "ink", { width: 2 });
  };
  eachBand(scene, (band, y, height, _, lane) => {
    if (lit.records.has(band.record)) frame(band.from, band.to, y, height, lane);
  });
  model.clients.forEach(({ operations }, index) => {
    const { call, end, record } = operations;
    for (let place = firstOperation(operations, view.from); place < call.length; place++) {
      if ((call[place] as number) > view.to) break;
      if (lit.records.has(record[place] as number))
        frame(call[place] as number, end[place] as number, layout.clients[index] ?? 0, layout.clientHeight);
    }
  });
}
