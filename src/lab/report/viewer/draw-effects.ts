import { firstAfter } from "../state-at.ts";
import { firstOperation } from "./draw-clients.ts";
import type { Scene } from "./draw-frame.ts";
import { effectsOf } from "./effects.ts";
import { GUTTER, RIGHT, spanAt, xAt } from "./layout.ts";
import type { EffectLine } from "../model.ts";
import type { Surface } from "./surface.ts";

/** A narrower bar has no room for a tick. */
const BAR_MIN = 5;
/** More calls of one order in a window are no line that an eye could follow. */
const LINE_MAX = 400;
const MIDDLE = 7;

/** In each bar the moment at which the call can have taken effect, and a frame round the first call that fits in no order. */
export function drawEffects(surface: Surface, scene: Scene): void {
  const { model, layout, view } = scene;
  const { effects } = effectsOf(model);
  if (effects.size === 0) return;
  model.clients.forEach(({ operations }, lane) => {
    const y = layout.clients[lane] ?? 0;
    const { call, end, outcome, record } = operations;
    for (let index = firstOperation(operations, view.from); index < call.length; index++) {
      if ((call[index] as number) > view.to) break;
      const effect = effects.get(record[index] as number);
      const bar = spanAt(view, call[index] as number, end[index] as number);
      if (effect === undefined || bar === undefined) continue;
      if (effect.place < 0) drawMisfit(surface, bar, y, view.width - RIGHT);
      else drawTick(surface, scene, { bar, y, at: effect.line.at[effect.place] as number, isOk: outcome[index] === 0 });
    }
  });
}

interface Tick {
  readonly bar: { readonly left: number; readonly right: number };
  readonly y: number;
  readonly at: number;
  readonly isOk: boolean;
}

function drawTick(surface: Surface, { view }: Scene, { bar, y, at, isOk }: Tick): void {
  const x = xAt(view, at);
  if (bar.right - bar.left < BAR_MIN || x < GUTTER || x > view.width - RIGHT) return;
  const isInside = x <= bar.right;
  // One without an answer may take effect after its client gave up.
  if (!isInside) {
    const beyond = [
      [bar.right, y + MIDDLE],
      [x, y + MIDDLE],
    ] as const;
    surface.line(beyond, "ink2", { dash: [1, 2] });
  }
  const tick = Math.min(Math.max(x, bar.left + 1), Math.max(x, bar.right - 2));
  surface.rect(tick - 1, y + 1.5, 2, 11, isOk && isInside ? "bg" : "ink");
}

function drawMisfit(surface: Surface, bar: Tick["bar"], y: number, limit: number): void {
  const width = Math.max(5, bar.right - bar.left);
  surface.hatch(bar.left, y, width, 14, "bad");
  surface.box(bar.left - 1, y - 1, width + 2, 16, "bad", { width: 2 });
  // Beneath it: beside it are other calls of its client.
  surface.label(bar.left - 1, y + 25, "fits in no order", { ink: "badtext", weight: 650, size: 11, limit });
}

/** A line through the calls of an order, from each to the next, when one of them is lit. */
export function drawLitOrders(surface: Surface, { model, layout, view, lit }: Scene): void {
  if (lit === undefined || model.effects.length === 0) return;
  const { effects, lanes } = effectsOf(model);
  const lines = new Set<EffectLine>();
  for (const record of lit.records) {
    const line = effects.get(record)?.line;
    if (line !== undefined) lines.add(line);
  }
  for (const { at, record } of lines) {
    const first = Math.max(0, firstAfter(at, view.from - 1) - 1);
    const end = Math.min(at.length, firstAfter(at, view.to) + 1);
    if (end - first > LINE_MAX) continue;
    const { context } = surface;
    context.save();
    context.beginPath();
    context.rect(GUTTER, 0, view.width - RIGHT - GUTTER, layout.height);
    context.clip();
    context.beginPath();
    for (let place = first; place < end; place++) {
      const y = (layout.clients[lanes.get(record[place] as number) ?? 0] ?? 0) + MIDDLE;
      const x = xAt(view, at[place] as number);
      if (place === first) context.moveTo(x, y);
      else context.lineTo(x, y);
    }
    surface.stroke("ink", { width: 1.25 });
    context.restore();
  }
}
