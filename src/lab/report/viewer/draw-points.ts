import type { ReportModel } from "../model.ts";
import { plural } from "../words.ts";
import { firstAfter } from "../state-at.ts";
import type { Scene } from "./draw-frame.ts";
import { GUTTER, RIGHT, ROLE_HEIGHT, xAt, type View } from "./layout.ts";
import type { Surface } from "./surface.ts";

/** More points in a window than this are not drawn until the reader zooms in; the search has them all. */
const POINTS_MAX = 150;
const SIZE = 3.5;
/** What every write does over and over: it waits for a closer look than what is rare. */
const CLOSE_US = 400_000;

/** Places of the points of a window by lane; none while there are too many to tell apart. */
export function pointsInView({ points }: ReportModel, view: View): ReadonlyMap<number, readonly number[]> {
  const shown = new Map<number, number[]>();
  const first = firstAfter(points.at, view.seen.from - 1);
  const end = firstAfter(points.at, view.seen.to);
  if (end - first > POINTS_MAX || view.to - view.from > CLOSE_US) return shown;
  for (let place = first; place < end; place++) {
    const lane = points.node[place] as number;
    const places = shown.get(lane);
    if (places === undefined) shown.set(lane, [place]);
    else places.push(place);
  }
  return shown;
}

/** What is not drawn of them, in words; `""` when everything is. */
export function hiddenPointsWords({ points }: ReportModel, view: View, shown: ReadonlyMap<number, unknown>): string {
  const count = firstAfter(points.at, view.to) - firstAfter(points.at, view.from - 1);
  return count === 0 || shown.size > 0
    ? ""
    : `${plural(count, "point")} in this window not drawn before a closer look.`;
}

/** Diamonds at the lower edge of the main band. */
export function drawPoints(surface: Surface, { model, layout, view, shownPoints, lit }: Scene): void {
  const { context, theme } = surface;
  for (const [lane, places] of shownPoints) {
    const y = (layout.lanes[lane]?.top ?? 0) + ROLE_HEIGHT;
    for (const place of places) {
      const x = xAt(view, model.points.at[place] as number, lane);
      if (x < GUTTER || x > view.width - RIGHT) continue;
      const size = lit?.records.has(model.points.record[place] as number) === true ? SIZE + 1.5 : SIZE;
      context.beginPath();
      context.moveTo(x, y - size);
      context.lineTo(x + size, y);
      context.lineTo(x, y + size);
      context.lineTo(x - size, y);
      context.closePath();
      context.fillStyle = theme.ink("ink");
      context.fill();
      surface.stroke("bg", { width: 1 });
    }
  }
}
