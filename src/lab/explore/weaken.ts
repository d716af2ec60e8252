import type { Plain } from "../../trace/plain.ts";
import { formatDuration, parseDuration } from "../../trace/units.ts";

type PlainObject = Readonly<Record<string, Plain>>;

/** Fields of a fault that say which fault it is, or whether it counts: nothing to weaken. */
const FIXED = ["id", "kind", "shape", "optional", "both", "target"];
/** Times of rest between: shorter ones would make a fault come more often. */
const RESTS = ["up", "every", "gap"];
/** Nothing that lasts is made shorter than this: it would be felt by nobody, and what repeats would repeat without end. */
const TIME_MIN = 1_000;

function isFixed(key: string, value: Plain): boolean {
  return (FIXED.includes(key) || RESTS.includes(key)) && typeof value !== "object";
}

/**
 * Weaker forms of a fault as it is written, the weakest first: lists with one item less, durations (also up to a moment) and shares
 * halved, moments between two as one moment, starts at whole seconds. Some are not valid; whoever tries them finds out.
 */
export function* weakerFaults(fault: PlainObject): Generator<PlainObject> {
  for (const [key, value] of Object.entries(fault)) {
    if (key === "at") yield* weakerMoments(value).map((at) => ({ ...fault, at }));
    else if (key === "until") yield* earlierEnds(fault).map((until) => ({ ...fault, until }));
    else if (!isFixed(key, value)) for (const weaker of weakerValues(value)) yield { ...fault, [key]: weaker };
  }
}

function weakerMoments(at: Plain): Plain[] {
  // A moment that is drawn: its ends say as much.
  if (Array.isArray(at)) return at as Plain[];
  const time = typeof at === "string" ? parseDuration(at) : undefined;
  if (time === undefined) return [];
  return [1_000_000, 100_000, 1_000]
    .map((unit) => Math.floor(time / unit) * unit)
    .filter((rounded) => rounded !== time)
    .map((rounded) => (rounded === 0 ? "0s" : formatDuration(rounded)));
}

/** Ends of a fault that lasts until a moment, such that it lasts less. */
function earlierEnds({ at, until }: PlainObject): string[] {
  const start = typeof at === "string" ? parseDuration(at) : undefined;
  const end = typeof until === "string" ? parseDuration(until) : undefined;
  if (start === undefined || end === undefined) return [];
  return shorterDurations(end - start)
    .filter((length) => length >= TIME_MIN)
    .map((length) => formatDuration(start + length));
}

function* weakerValues(value: Plain): Generator<Plain> {
  if (Array.isArray(value)) {
    const list = value as readonly Plain[];
    if (list.length > 1) for (let i = 0; i < list.length; i++) yield list.filter((_, other) => other !== i);
    for (const [i, item] of list.entries())
      if (typeof item === "object")
        for (const weaker of weakerValues(item)) yield list.map((other, place) => (place === i ? weaker : other));
  } else if (typeof value === "string") yield* weakerTexts(value);
  else if (typeof value === "number" && Number.isInteger(value) && Math.abs(value) > 1) {
    yield value > 0 ? 1 : -1;
    yield Math.trunc(value / 2);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value as PlainObject)) {
      if (isFixed(key, inner)) continue;
      for (const weaker of weakerValues(inner)) yield { ...(value as PlainObject), [key]: weaker };
    }
  }
}

function* weakerTexts(text: string): Generator<string> {
  const time = parseDuration(text);
  if (time !== undefined) {
    yield* shorterDurations(time)
      .filter((shorter) => Math.abs(shorter) >= TIME_MIN)
      .map(formatDuration);
    return;
  }
  const share = /^(\d+)(?:\.\d+)?(%|ppm)$/.exec(text);
  if (share !== null && Number(share[1]) > 1) yield `${String(Math.floor(Number(share[1]) / 2))}${share[2] as string}`;
}

/** Shorter times, each a number a person would write: `37s` → 10s, 18s. */
export function shorterDurations(time: number): number[] {
  const size = Math.abs(time);
  const sign = time < 0 ? -1 : 1;
  let power = 1;
  while (power * 10 < size) power *= 10;
  const half = size / 2;
  const unit = half >= 1_000_000 ? 1_000_000 : half >= 1_000 ? 1_000 : 1;
  const shorter = [power, Math.floor(half / unit) * unit].filter((one) => one > 0 && one < size);
  return [...new Set(shorter)].map((one) => sign * one);
}
