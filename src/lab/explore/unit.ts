import type { Span } from "./plan.ts";

/** Runs of a unit at most: a unit that is lost costs no more, and a journal of a million runs has a thousand lines. */
const UNIT_MAX = 1_000;
/** Units a small sweep is cut into, so that every worker and every shard gets some. */
const UNITS_WANTED = 100;

/** Runs of every unit but the last, decided by the number of runs alone: each shard finds the same without being told. */
export function unitLength(total: number): number {
  return Math.max(1, Math.min(UNIT_MAX, Math.ceil(total / UNITS_WANTED)));
}

/** The runs of shard `index` of `of` (from 1): whole units, next to one another. May be none. */
export function shardSpan(total: number, shard: { readonly index: number; readonly of: number }): Span {
  const length = unitLength(total);
  const units = Math.ceil(total / length);
  const border = (i: number): number => Math.min(total, Math.floor((units * i) / shard.of) * length);
  return { from: border(shard.index - 1), to: border(shard.index) };
}

/** Cuts spans into units that end where every other sweep's units end. */
export function* unitsOf(spans: readonly Span[], total: number): Generator<Span> {
  const length = unitLength(total);
  for (const { from, to } of spans) {
    for (let at = from; at < to;) {
      const end = Math.min(to, (Math.floor(at / length) + 1) * length);
      yield { from: at, to: end };
      at = end;
    }
  }
}

/** Spans in order, those that touch as one. */
export function joinSpans(spans: readonly Span[]): Span[] {
  const joined: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.from - b.from)) {
    const last = joined.at(-1);
    if (last !== undefined && last.to === span.from) joined[joined.length - 1] = { from: last.from, to: span.to };
    else if (span.from < span.to) joined.push(span);
  }
  return joined;
}

/** What of `whole` no span covers. `spans` must not overlap. */
export function gapsIn(whole: Span, spans: readonly Span[]): Span[] {
  const gaps: Span[] = [];
  let at = whole.from;
  for (const span of joinSpans(spans)) {
    if (span.to <= whole.from || span.from >= whole.to) continue;
    if (span.from > at) gaps.push({ from: at, to: span.from });
    at = Math.max(at, span.to);
  }
  if (at < whole.to) gaps.push({ from: at, to: whole.to });
  return gaps;
}

/** What two lists of spans both cover, first found. */
export function firstOverlap(a: readonly Span[], b: readonly Span[]): Span | undefined {
  for (const one of a)
    for (const other of b) {
      const [from, to] = [Math.max(one.from, other.from), Math.min(one.to, other.to)];
      if (from < to) return { from, to };
    }
  return undefined;
}
