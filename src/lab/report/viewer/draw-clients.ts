import { formatSeconds } from "../../../trace/units.ts";
import type { Operations } from "../model.ts";
import { firstAfter } from "../state-at.ts";
import { GUTTER, RIGHT, spanAt, xAt } from "./layout.ts";
import type { Scene } from "./draw-frame.ts";
import type { Surface } from "./surface.ts";

const OK = 0;
const FAIL = 1;
/** Gaps without an acknowledgement that get a dimension line. */
const GAPS_MAX = 1;

/** Bars from call to return: ok filled, fail hollow with ×, unknown open at the right. */
export function drawClients(surface: Surface, { model, layout, view }: Scene): void {
  if (layout.clients.length === 0) return;
  surface.line(
    [
      [0, (layout.clients[0] ?? 0) - 12],
      [view.width, (layout.clients[0] ?? 0) - 12],
    ],
    "rule",
  );
  model.clients.forEach((lane, index) => {
    const y = layout.clients[index] ?? 0;
    surface.line(
      [
        [GUTTER, y + 7],
        [view.width - RIGHT, y + 7],
      ],
      "rule2",
      { dash: [1, 3] },
    );
    const { call, end, outcome, words } = lane.operations;
    let filledTo = -Infinity;
    for (let at = firstOperation(lane.operations, view.from); at < call.length; at++) {
      if ((call[at] as number) > view.to) break;
      const place = spanAt(view, call[at] as number, end[at] as number);
      if (place === undefined) continue;
      const result = outcome[at] as number;
      // Bars that fall on one pixel are one bar; failures and unknowns are always drawn.
      if (result === OK && place.right < filledTo + 0.5) continue;
      if (result === OK) filledTo = place.right;
      drawBar(surface, place, y, result, model.operationWords[words[at] as number] ?? "");
    }
  });
}

/** A client calls one after the other, so ends rise with calls; one that never returned hides none behind it. */
export function firstOperation({ call, end }: Operations, from: number): number {
  let place = firstAfter(call, from);
  while (place > 0 && ((end[place - 1] as number) >= from || (place > 1 && (end[place - 2] as number) >= from)))
    place--;
  return place;
}

function drawBar(
  surface: Surface,
  { left, right }: { left: number; right: number },
  y: number,
  outcome: number,
  words: string,
): void {
  const width = right - left;
  if (outcome === OK) {
    // Bars that touch keep a hairline between them.
    surface.rect(left, y, Math.max(1, width > 4 ? width - 1 : width), 14, "ok");
    return;
  }
  if (outcome === FAIL) {
    const shown = Math.max(7, width);
    surface.rect(left, y, shown, 14, "bg");
    surface.box(left, y, shown, 14, "ink2", { width: 1.2 });
    const x = width < 30 ? left + shown / 2 : right - 7;
    const { context } = surface;
    context.beginPath();
    context.moveTo(x - 2.5, y + 4);
    context.lineTo(x + 2.5, y + 10);
    context.moveTo(x + 2.5, y + 4);
    context.lineTo(x - 2.5, y + 10);
    surface.stroke("ink", { width: 1.1 });
    const text = `${words} refused`;
    if (width > surface.width(text, { size: 10.5 }) + 20)
      surface.text(left + 6, y + 10.8, text, { size: 10.5, ink: "ink" });
    return;
  }
  surface.rect(left, y, Math.max(2, width), 14, "bg");
  surface.line(
    [
      [right, y + 0.5],
      [left + 0.5, y + 0.5],
      [left + 0.5, y + 13.5],
      [right, y + 13.5],
    ],
    "ink2",
    { width: 1.2 },
  );
  surface.line(
    [
      [right, y],
      [right, y + 14],
    ],
    "ink2",
    { width: 1.4, dash: [1.5, 2] },
  );
  const text = `${words} no answer`;
  if (width > surface.width(text, { size: 10.5 }) + 10)
    surface.text(left + 6, y + 10.8, text, { size: 10.5, ink: "ink" });
}

/** Acknowledged writes as ticks, with the longest silence between two of them. */
export function drawAcknowledged(surface: Surface, { model, layout, view }: Scene): void {
  if (layout.clients.length === 0) return;
  const y = layout.acknowledged;
  surface.text(GUTTER - 14, y + 4, "acknowledged", { align: "right" });
  const times = model.acknowledged;
  const first = firstAfter(times, view.from - 1);
  const end = firstAfter(times, view.to);
  const gaps: { from: number; to: number }[] = [];
  surface.context.beginPath();
  let last = -Infinity;
  for (let index = Math.max(first, 0); index <= end && index < times.length; index++) {
    const at = times[index] as number;
    if (index > 0 && at - (times[index - 1] as number) > (view.to - view.from) / 20)
      gaps.push({ from: times[index - 1] as number, to: at });
    if (index === end) break;
    const x = xAt(view, at);
    if (x < last + 1) continue;
    last = x;
    surface.context.moveTo(x, y - 5);
    surface.context.lineTo(x, y + 5);
  }
  surface.stroke("ok", { width: 1.75 });
  const length = (gap: { from: number; to: number }): number => gap.to - gap.from;
  // What is usual in this window: its length by its acknowledgements.
  const usual = (view.to - view.from) / Math.max(1, end - first);
  const long = gaps.filter((gap) => length(gap) > 6 * usual).sort((a, b) => length(b) - length(a));
  for (const gap of long.slice(0, GAPS_MAX)) {
    const place = spanAt(view, gap.from, gap.to);
    if (place !== undefined)
      surface.dimension(place.left, place.right, y, `no write acknowledged for ${formatSeconds(length(gap))}`);
  }
}
