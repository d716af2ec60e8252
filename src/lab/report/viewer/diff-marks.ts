import { MARKED_GROUPS, type DiffMarks } from "../diff-model.ts";
import type { Ink } from "../palette.ts";
import { firstAfter } from "../state-at.ts";
import { vertical } from "./draw-frame.ts";
import { GUTTER, RIGHT, timeAt, xAt, type Layout, type View } from "./layout.ts";
import type { Surface } from "./surface.ts";

const SIZE = 8;
const LABEL = "they part";
/** Of what is common (messages, points), windows with more differences than this have no marks. */
const CROWD = 150;

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

/** Moments of marks of one lane, kind and group. */
interface MarkList {
  readonly lane: number;
  readonly mark: number;
  readonly group: number;
  readonly at: Float64Array;
}

/** Marks of one run in lists that a frame can hop through: a run has hundreds of thousands, and a lane has room for a hundred. */
export class MarkLists {
  readonly #lists: readonly MarkList[];
  /** Moments of all marks, and of those of states, calls and faults. */
  readonly all: Float64Array;
  readonly events: Float64Array;

  constructor(marks: DiffMarks) {
    const lists = new Map<string, MarkList & { readonly times: number[] }>();
    for (let place = 0; place < marks.at.length; place++) {
      const [lane, mark, group] = [marks.lane, marks.mark, marks.group].map((column) => column[place] as number) as [
        number,
        number,
        number,
      ];
      const key = `${String(lane)} ${String(mark)} ${String(group)}`;
      let list = lists.get(key);
      if (list === undefined) lists.set(key, (list = { lane, mark, group, at: new Float64Array(), times: [] }));
      list.times.push(marks.at[place] as number);
    }
    this.#lists = [...lists.values()].map(({ times, ...list }) => ({ ...list, at: Float64Array.from(times) }));
    this.all = Float64Array.from(marks.at);
    this.events = mergedTimes(this.#lists.filter(({ group }) => group === 0));
  }

  /** How many of each group are in a window. */
  counts(from: number, to: number): number[] {
    const counts = MARKED_GROUPS.map(() => 0);
    for (const { at, group } of this.#lists)
      counts[group] = (counts[group] as number) + firstAfter(at, to) - firstAfter(at, from - 1);
    return counts;
  }

  /** Marks above the lanes; one stands for those of its kind that lie closer than it is wide. @returns what is too much, by group. */
  draw(surface: Surface, { layout, view }: { readonly layout: Layout; readonly view: View }): number[] {
    const hidden = this.counts(view.from, view.to).map((count, group) => (group > 0 && count > CROWD ? count : 0));
    for (const { lane, mark, group, at } of this.#lists) {
      const top =
        lane < 0 ? layout.faults + 2 : (layout.lanes[lane]?.top ?? layout.clients[lane - layout.lanes.length]);
      if (top === undefined || (hidden[group] as number) > 0) continue;
      for (let place = firstAfter(at, view.from - 1); place < at.length && (at[place] as number) <= view.to;) {
        const x = xAt(view, at[place] as number);
        // Each kind has a height of its own, so that none hides another.
        if (x >= GUTTER) drawMark(surface, x, top - 6 - mark * 3, mark);
        place = Math.max(place + 1, firstAfter(at, timeAt(view, x + SIZE)));
      }
    }
    return hidden;
  }
}

function mergedTimes(lists: readonly MarkList[]): Float64Array {
  const times = new Float64Array(lists.reduce((sum, { at }) => sum + at.length, 0));
  let place = 0;
  for (const { at } of lists) {
    times.set(at, place);
    place += at.length;
  }
  return times.sort();
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

/** The next of some moments after a time, or the last before it; `undefined` at the ends. */
export function stepIn(times: Float64Array, time: number, direction: 1 | -1): number | undefined {
  return direction > 0 ? times[firstAfter(times, time)] : times[firstAfter(times, time - 1) - 1];
}
