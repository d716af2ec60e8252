import type { Micros } from "../../trace/record.ts";
import type { Band, NodeLane, Tone } from "./model.ts";

/** A band of the overview, already in pixels. */
export interface OverviewBand {
  readonly left: number;
  readonly right: number;
  readonly from: Micros;
  readonly to: Micros;
  readonly tone: Tone;
  readonly letter: string;
  readonly words: string;
  /** What is laid over it: a fence, a process that is down or paused; `""` for nothing. */
  readonly hatch: "fence" | "down" | "paused" | "";
}

// What a pixel shows when several bands share it: the rarest news wins.
const RANK: Readonly<Record<Tone, number>> = {
  candidate: 6,
  "pre-candidate": 5,
  leader: 4,
  fence: 3,
  access: 2,
  plain: 1,
  follower: 0,
};

/**
 * One row a lane: the main band, with fences and absences laid over it, merged until no more than `budget` bands are left.
 *
 * @param x Pixel of a moment.
 */
export function coarseBands(lane: NodeLane, x: (time: Micros) => number, budget: number): OverviewBand[] {
  const tracks = (key: string): readonly Band[] => lane.states.find((track) => track.key === key)?.bands ?? [];
  // A fence stays on an old leader for good; once its coordinator is healthy again it is a follower like the others.
  const healthy = tracks("coordinator").filter((band) => band.value === "healthy");
  const fences = tracks("fence")
    .filter((band) => band.isShown)
    .map((band) => ({
      ...band,
      to: Math.min(band.to, healthy.find((other) => other.from > band.from)?.from ?? band.to),
    }));
  const overlays: { from: Micros; to: Micros; words: string; hatch: "fence" | "down" | "paused" }[] = [
    ...fences.map(({ from, to, value }) => ({ from, to, words: value, hatch: "fence" as const })),
    ...lane.process.map(({ from, to, words, kind }) => ({ from, to, words, hatch: kind })),
  ].sort((a, b) => a.from - b.from);
  let bands: OverviewBand[] = tracks(lane.mainKey).map((band) => ({
    left: x(band.from),
    right: x(band.to),
    from: band.from,
    to: band.to,
    tone: band.tone,
    letter: band.letter,
    words: band.words,
    hatch: "",
  }));
  for (const overlay of overlays)
    bands = laidOver(bands, { ...overlay, tone: "plain", letter: "", left: x(overlay.from), right: x(overlay.to) });
  for (let width = 0.75; ; width *= 2) {
    const merged = mergedBands(bands, width);
    // Past a few hundred pixels everything is one band: the loop ends.
    if (merged.length <= budget || width > 4096) return merged.slice(0, Math.max(1, budget));
  }
}

function laidOver(bands: readonly OverviewBand[], top: OverviewBand): OverviewBand[] {
  const out: OverviewBand[] = [];
  for (const band of bands) {
    if (band.right <= top.left || band.left >= top.right) {
      out.push(band);
      continue;
    }
    if (band.left < top.left) out.push({ ...band, right: top.left, to: top.from });
    if (band.right > top.right) out.push({ ...band, left: top.right, from: top.to });
  }
  out.push(top);
  return out.sort((a, b) => a.left - b.left || a.right - b.right);
}

function mergedBands(bands: readonly OverviewBand[], width: number): OverviewBand[] {
  const out: OverviewBand[] = [];
  for (const band of bands) {
    const last = out[out.length - 1];
    const isNarrow = band.right - band.left < width;
    if (last !== undefined && isNarrow && last.right - last.left < width && band.left - last.right < width) {
      const news = RANK[band.tone] > RANK[last.tone] ? band : last;
      out[out.length - 1] = { ...news, left: last.left, right: band.right, from: last.from, to: band.to };
    } else out.push(band);
  }
  return out;
}
