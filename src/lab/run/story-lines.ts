import type { Micros, RecordId } from "../../trace/record.ts";
import type { StoryLine } from "../../trace/result.ts";

/** A line whose text may still grow (`X fences itself and steps down`) until the story is told. */
export interface Draft {
  readonly time: Micros;
  readonly since: Micros;
  text: string;
  readonly limit: string;
  readonly record: RecordId;
  /** 0 for what breaks and heals, up to 3 for what can be left out first. */
  readonly weight: number;
}

const LINES_MAX = 24;

/** The lines from `from` on, in order of time; of too many the least telling are left out first, and of those the last. */
export function tellLines(drafts: readonly Draft[], from: Micros, linesMax = LINES_MAX): StoryLine[] {
  let kept = drafts.filter((line) => line.time >= from);
  for (let weight = 3; weight > 0; weight--) {
    const excess = kept.length - linesMax;
    if (excess <= 0) break;
    const lightest = kept.filter((line) => line.weight === weight);
    const dropped = new Set(lightest.slice(Math.max(0, lightest.length - excess)));
    kept = kept.filter((line) => !dropped.has(line));
  }
  return kept
    .toSorted((a, b) => a.time - b.time)
    .map(({ time, since, text, limit, record }) => ({ time, since, text, limit, record }));
}
