import type { Micros } from "../../trace/record.ts";
import type { NodeLane, WriteSpan } from "./model.ts";

/**
 * Who may write over the whole run, from the nodes' `writable` states.
 *
 * @returns Adjoining spans from 0 to the end; `undefined` when no program has that state.
 */
export function foldWriters(nodes: readonly NodeLane[], endTime: Micros): readonly WriteSpan[] | undefined {
  const edges: { time: Micros; node: number; isStart: boolean }[] = [];
  const tracks = nodes.map((lane) => lane.states.find((track) => track.key === "writable")?.bands);
  if (tracks.every((track) => track === undefined)) return undefined;
  tracks.forEach((bands, node) => {
    for (const band of bands ?? []) {
      if (band.value !== "yes") continue;
      edges.push({ time: band.from, node, isStart: true }, { time: band.to, node, isStart: false });
    }
  });
  edges.sort((a, b) => a.time - b.time || Number(a.isStart) - Number(b.isStart) || a.node - b.node);
  const spans: WriteSpan[] = [];
  const writers = new Set<number>();
  let from = 0;
  const close = (to: Micros): void => {
    if (to <= from) return;
    const now = [...writers].sort((a, b) => a - b);
    const last = spans[spans.length - 1];
    if (last?.writers.join() === now.join()) spans[spans.length - 1] = { ...last, to };
    else spans.push({ from, to, writers: now });
    from = to;
  };
  for (const edge of edges) {
    close(edge.time);
    if (edge.isStart) writers.add(edge.node);
    else writers.delete(edge.node);
  }
  close(endTime);
  return spans;
}

/** Stretches after somebody could write and before somebody could again, with who had it before and after. */
export function writeGaps(spans: readonly WriteSpan[]): { from: Micros; to: Micros; before: number; after: number }[] {
  return spans.flatMap((span, index) => {
    const before = spans[index - 1]?.writers[0];
    const after = spans[index + 1]?.writers[0];
    if (span.writers.length > 0 || before === undefined || after === undefined) return [];
    return [{ from: span.from, to: span.to, before, after }];
  });
}

/** Stretches in which two or more could write, joined where they touch. */
export function writeOverlaps(spans: readonly WriteSpan[]): { from: Micros; to: Micros; writers: readonly number[] }[] {
  const joined: { from: Micros; to: Micros; writers: readonly number[] }[] = [];
  for (const span of spans) {
    if (span.writers.length < 2) continue;
    const last = joined[joined.length - 1];
    if (last?.to === span.from)
      joined[joined.length - 1] = {
        from: last.from,
        to: span.to,
        writers: [...new Set([...last.writers, ...span.writers])],
      };
    else joined.push(span);
  }
  return joined;
}
