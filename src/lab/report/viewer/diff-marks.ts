import type { DiffMarks } from "../diff-model.ts";
import type { Ink } from "../palette.ts";
import { vertical } from "./draw-frame.ts";
import { GUTTER, RIGHT, xAt, type Layout, type View } from "./layout.ts";
import type { Surface } from "./surface.ts";

const SIZE = 8;
const LABEL = "they part";

/** The line at which two runs part, with its name at the top. */
export function drawParting(surface: Surface, { layout, view }: { layout: Layout; view: View }, time: number): void {
  if (time < view.from || time > view.to) return;
  const x = xAt(view, time);
  vertical(surface, x, 16, layout.height - 24, "badtext", { width: 1.5, dash: [6, 4] });
  const width = surface.width(LABEL, { size: 11, weight: 650 }) + 10;
  const left = Math.min(x, view.width - RIGHT - width);
  surface.rect(left, 14, width, 15, "badtext");
  surface.text(left + 5, 25.5, LABEL, { size: 11, weight: 650, ink: "bg" });
}

/** Marks above the lanes; of those closer than a mark is wide, the one that says most. */
export function drawMarks(
  surface: Surface,
  { layout, view }: { readonly layout: Layout; readonly view: View },
  marks: DiffMarks,
): void {
  const right = new Map<number, number>();
  for (const wanted of [0, 1, 2]) {
    right.clear();
    for (let index = firstAt(marks.at, view.from); index < marks.at.length; index++) {
      const at = marks.at[index] as number;
      if (at > view.to) break;
      if (marks.mark[index] !== wanted) continue;
      const lane = marks.lane[index] as number;
      const x = xAt(view, at);
      if (x < Math.max(GUTTER, right.get(lane) ?? 0)) continue;
      right.set(lane, x + SIZE);
      const top = layout.lanes[lane]?.top ?? layout.clients[lane - layout.lanes.length];
      // Each kind has a height of its own, so that none hides another.
      if (top !== undefined) drawMark(surface, x, top - 6 - wanted * 3, wanted);
    }
  }
}

const INKS: readonly Ink[] = ["badtext", "candtext", "ink2"];

function drawMark(surface: Surface, x: number, y: number, mark: number): void {
  const { context, theme } = surface;
  const ink = INKS[mark] as Ink;
  const half = SIZE / 2;
  context.beginPath();
  if (mark === 0) {
    context.moveTo(x - half, y + half);
    context.lineTo(x, y - half);
    context.lineTo(x + half, y + half);
    context.closePath();
  } else if (mark === 1) context.rect(x - half + 0.5, y - half + 0.5, SIZE - 1, SIZE - 1);
  else context.arc(x, y, half - 1.5, 0, 7);
  context.fillStyle = theme.ink(mark === 2 ? "bg" : ink);
  context.fill();
  surface.stroke(mark === 2 ? ink : "bg", { width: mark === 2 ? 1 : 1.25 });
}

/** Place of the first moment not before `from`. */
export function firstAt(times: ArrayLike<number>, from: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] as number) < from) low = middle + 1;
    else high = middle;
  }
  return low;
}
