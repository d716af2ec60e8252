import { firstAfter } from "../state-at.ts";
import { formatCount, plural } from "../words.ts";
import type { ReportModel } from "../model.ts";
import type { Scene } from "./draw-frame.ts";
import { HlcOrder } from "./hlc-order.ts";
import { GUTTER, RIGHT, xAt, type Axis, type View } from "./layout.ts";
import type { Surface } from "./surface.ts";

const TOP = 17;
/** Marks closer than this are one. */
const APART = 4;

/** The order of stamps as an axis, with what of it is marked and told. */
export interface StampedAxis {
  readonly order: Axis;
  readonly draw: (surface: Surface, scene: Scene) => void;
  readonly words: (view: View) => string;
}

export function stampedAxis(model: ReportModel): StampedAxis {
  return { order: new HlcOrder(model), draw: drawInversions, words: (view) => inversionWords(model, view) };
}

/** Small triangles beneath the axis where a stamp is smaller than one given out before it; filled where that had led to it. */
function drawInversions(surface: Surface, { model, layout, view }: Scene): void {
  const { at, node, odd } = model.stamps;
  const { context, theme } = surface;
  const last = [-Infinity, -Infinity];
  const end = firstAfter(at, view.seen.to);
  for (let place = firstAfter(at, view.seen.from - 1); place < end; place++) {
    const kind = odd[place] as number;
    if (kind === 0) continue;
    const lane = node[place] as number;
    const x = xAt(view, at[place] as number, lane);
    if (x < GUTTER || x > view.width - RIGHT || Math.abs(x - (last[kind - 1] as number)) < APART) continue;
    last[kind - 1] = x;
    context.beginPath();
    context.moveTo(x - 3.5, TOP + 3);
    context.lineTo(x + 2, TOP);
    context.lineTo(x + 2, TOP + 6);
    context.closePath();
    if (kind === 1) {
      surface.stroke("ink2");
      continue;
    }
    context.fillStyle = theme.ink("bad");
    context.fill();
    const down = [
      [x, TOP + 6],
      [x, layout.lanes[lane]?.bottom ?? TOP],
    ] as const;
    surface.line(down, "bad", { width: 1.25 });
  }
}

/** How many stamps of the window are out of true order, in words. */
export function inversionWords({ stamps }: ReportModel, view: View): string {
  const { at, odd } = stamps;
  const first = firstAfter(at, view.from - 1);
  const end = firstAfter(at, view.to);
  const all = end - first;
  let swapped = 0;
  let wrong = 0;
  for (let place = first; place < end; place++) {
    if (odd[place] === 1) swapped++;
    else if (odd[place] === 2) wrong++;
  }
  if (all <= 0) return "No stamp was given out in this window.";
  const order = `${formatCount(swapped)} of ${plural(all, "stamp")} in this window out of true order: smaller than one given out before, where neither led to the other`;
  return `${order}. ${wrong === 0 ? "Every stamp is larger than those that led to it." : `${plural(wrong, "stamp")} not larger than one that led to it.`}`;
}
