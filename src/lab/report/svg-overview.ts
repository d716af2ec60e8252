import { formatSeconds } from "../../trace/units.ts";
import { tickLabel, ticks, tickStep } from "./axis.ts";
import { coarseBands, type OverviewBand } from "./coarse-bands.ts";
import type { ReportModel } from "./model.ts";
import { paletteClasses, SANS, type Ink } from "./palette.ts";
import { groupLetter } from "./partitions.ts";
import { boxPath, num, SvgPen } from "./svg-pen.ts";
import type { SvgRenderer } from "./svg-renderer.ts";
import { shorten, shortSeconds } from "./words.ts";
import { writeGaps, writeOverlaps } from "./write-row.ts";

/** Width of the picture and of its left gutter, px; the page lays its frame over the picture with the same numbers. */
export const OVERVIEW = { width: 1304, gutter: 128, right: 4 } as const;

/** No overview has more marks than this, whatever the run: it must open anywhere. */
export const OVERVIEW_MARKS_MAX = 2_000;
// Each may take three marks: fill, hatch, words.
const BANDS_MAX = 500;
const PITCH = 17;
const BAND = 12;
const GAP = 10;
const CALLS_MAX = 3;
// A frame as wide as this is no obstacle: labels under it stay where they begin.
const FRAME_WIDE = 260;

/** The whole run in one picture: who may write, bands of all nodes, the sides of a partition, faults, violations, counts per second. */
export function renderOverview(model: ReportModel, renderer: SvgRenderer): string {
  const faultRows = Math.max(1, ...model.faults.map((fault) => fault.row + 1));
  const layout = layoutOf(model, faultRows);
  const picture = renderer.create(OVERVIEW.width, layout.height);
  picture.root
    .attr("class", "fo")
    .attr("role", "img")
    .attr("aria-label", `The whole run, 0 to ${formatSeconds(model.endTime)}`);
  picture.root
    .append("style")
    .text(`.fo{font-family:${SANS.replaceAll('"', "'")};font-variant-numeric:tabular-nums}${paletteClasses("fo-")}`);
  new Overview(model, layout, new SvgPen(picture.root)).draw();
  return picture.serialize();
}

interface Layout {
  readonly writeTop: number;
  readonly lanes: readonly number[];
  readonly bars: number;
  readonly height: number;
}

function layoutOf(model: ReportModel, faultRows: number): Layout {
  const writeTop = 16 + faultRows * 15;
  const top = model.writers === undefined ? writeTop + 6 : writeTop + 29;
  let y = top;
  const lanes = model.nodes.map((lane, index) => {
    const previous = model.nodes[index - 1];
    if (previous !== undefined) y += PITCH + (previous.group === lane.group ? 0 : GAP);
    return y;
  });
  const bars = (lanes[lanes.length - 1] ?? top) + 26;
  return { writeTop, lanes, bars, height: bars + 78 };
}

/** A chip at most this far to the right would stand on words, px. */
const CHIP_NEAR = 110;

const BAND_INKS = {
  leader: ["lead", "onlead"],
  candidate: ["cand", "oncand"],
  "pre-candidate": ["bg", "candtext"],
  follower: ["fol", "onfol"],
  access: ["leadtint", "leadtext"],
  fence: ["fence", "fencetext"],
  plain: ["bg", "ink2"],
} as const satisfies Readonly<Record<string, readonly [Ink, Ink]>>;

class Overview {
  readonly #model: ReportModel;
  readonly #layout: Layout;
  readonly #pen: SvgPen;
  constructor(model: ReportModel, layout: Layout, pen: SvgPen) {
    this.#model = model;
    this.#layout = layout;
    this.#pen = pen;
  }

  draw(): void {
    this.#sides();
    this.#faults();
    this.#writers();
    this.#lanes();
    this.#chips();
    this.#bars();
    this.#axis();
    this.#violations();
  }

  #x(time: number): number {
    const { width, gutter, right } = OVERVIEW;
    return gutter + (time / Math.max(1, this.#model.endTime)) * (width - right - gutter);
  }

  /** Where a label of a band that starts here may start: never under the frame of the first window. */
  #labelX(time: number): number {
    const { window } = this.#model;
    const isWide = this.#x(window.to) - this.#x(window.from) > FRAME_WIDE;
    return !isWide && time > 0 && time >= window.from && time < window.to ? this.#x(window.to) + 10 : this.#x(time) + 8;
  }

  #sides(): void {
    const { lanes } = this.#layout;
    const partition = this.#model.partitions[0];
    if (partition === undefined) return;
    const edges: number[] = [];
    partition.groups.forEach((group, index) => {
      const tops = group.map((node) => lanes[node] ?? 0);
      const top = Math.min(...tops) - 5;
      const bottom = Math.max(...tops) + BAND + 5;
      if (bottom - top > group.length * PITCH + GAP) return;
      const stripes = partition.cuts.map((cut) =>
        boxPath(this.#x(cut.from), top, this.#x(cut.to) - this.#x(cut.from), bottom - top),
      );
      this.#pen.area(stripes.join(""), index % 2 === 0 ? "tinta" : "tintb", "t");
      if (index > 0) edges.push(top);
    });
    for (const y of edges)
      this.#pen.path(`M${num(this.#x(partition.from))} ${num(y)}H${num(this.#x(partition.to))}`, "ink", 1, "7 3 1 3");
  }

  #faults(): void {
    const { bars } = this.#layout;
    const labelled = this.#model.faults.slice(0, 40);
    const taken: { readonly row: number; readonly left: number; readonly right: number }[] = [];
    for (const fault of labelled) {
      const a = this.#x(fault.from);
      const b = Math.max(a + 1, this.#x(fault.to));
      const y = 5 + fault.row * 15;
      this.#pen.path(`M${num(a)} ${num(y + 4)}V${num(y)}H${num(b)}V${num(y + 4)}`, "ink", 1.1);
      this.#pen.path([a, b].map((x) => `M${num(x)} ${num(y + 6)}V${num(bars + 50)}`).join(""), "ink3", 0.8, "1 3");
      const name = fault.kind === "partition" ? "network cut" : `${fault.id}: ${fault.kind}`;
      const text = shorten(`${name}, ${shortSeconds(fault.from)} to ${shortSeconds(fault.to)}`, 60);
      const width = text.length * 6.3 + 12;
      const isInside = b - a > width + 16;
      const isFree = (left: number): boolean =>
        left > OVERVIEW.gutter &&
        left + width <= OVERVIEW.width &&
        !taken.some((other) => other.row === fault.row && other.left < left + width && other.right > left) &&
        !labelled.some(
          (other) =>
            other !== fault &&
            other.row === fault.row &&
            this.#x(other.from) < left + width &&
            this.#x(other.to) > left,
        );
      const left = isInside ? (a + b) / 2 - width / 2 : [b + 4, a - width - 4].find(isFree);
      if (left === undefined) continue;
      taken.push({ row: fault.row, left, right: left + width });
      this.#pen.rect(left, y - 6, width, 12, "bg");
      this.#pen.text(left + width / 2, y + 4, text, "ink", { weight: 600, anchor: "middle" });
    }
  }

  #writers(): void {
    const { writers, names, window, faults } = this.#model;
    if (writers === undefined) return;
    const y = this.#layout.writeTop;
    this.#pen.text(OVERVIEW.gutter - 14, y + 12.5, "may write", "ink", { size: 12, weight: 650, anchor: "end" });
    const single = writers.filter((span) => span.writers.length === 1);
    const boxes = single
      .map((span) => ({ a: this.#x(span.from), b: this.#x(span.to) }))
      .filter(({ a, b }) => b - a >= 0.3);
    if (boxes.length > 0) this.#pen.area(boxes.map(({ a, b }) => boxPath(a, y, b - a, 17)).join(""), "lead");
    for (const span of single) {
      const name = names[span.writers[0] as number] ?? "";
      const x = this.#labelX(span.from);
      if (this.#x(span.to) - x > name.length * 8 + 4)
        this.#pen.text(x, y + 12.5, name, "onlead", { size: 12, weight: 650 });
    }
    const call = (from: number, to: number, text: string, ink: Ink): void => {
      const middle = (this.#x(from) + this.#x(to)) / 2;
      const right = Math.max(middle, from < window.to && to > window.from ? this.#x(window.to) : middle) + 6;
      this.#pen.path(`M${num(middle)} ${num(y - 2)}V${num(y - 7)}H${num(right)}`, ink, 1);
      this.#pen.text(right + 4, y - 3.5, text, ink, { weight: 650 });
    };
    const overlaps = writeOverlaps(writers);
    overlaps.slice(0, 40).forEach((overlap, index) => {
      const a = this.#x(overlap.from) - 1;
      this.#pen.rect(a, y - 3, Math.max(5, this.#x(overlap.to) - a + 1), 23, "bad");
      if (index < CALLS_MAX)
        call(
          overlap.from,
          overlap.to,
          `${overlap.writers.length === 2 ? "both" : String(overlap.writers.length)} for ${formatSeconds(overlap.to - overlap.from)}`,
          "badtext",
        );
    });
    const start = Math.min(...faults.map((fault) => fault.from));
    const gap = writeGaps(writers).find((candidate) => candidate.from >= start);
    if (overlaps.length === 0 && gap !== undefined)
      call(gap.from, gap.to, `nobody for ${formatSeconds(gap.to - gap.from)}`, "ink");
  }

  #lanes(): void {
    const budget = Math.floor(BANDS_MAX / Math.max(1, this.#model.nodes.length));
    this.#model.nodes.forEach((lane, index) => {
      const y = this.#layout.lanes[index] as number;
      this.#pen.text(OVERVIEW.gutter - 14, y + 10, lane.id, "ink", { size: 12, anchor: "end" });
      const bands = coarseBands(lane, (time) => this.#x(time), budget);
      bands.forEach((band, place) => {
        this.#band(band, y, bands[place + 1]);
      });
      const edges = bands
        .filter((band) => band.left > OVERVIEW.gutter + 1)
        .map((band) => `M${num(band.left)} ${num(y)}v${String(BAND)}`);
      if (edges.length > 0) this.#pen.path(edges.join(""), "bg", 1.5);
    });
  }

  #band(band: OverviewBand, y: number, next: OverviewBand | undefined): void {
    const { left, right } = band;
    const width = right - left;
    const [fill, ink] = BAND_INKS[band.tone];
    const isHatched = band.hatch !== "";
    if (band.hatch !== "") this.#pen.hatch(left, y, width, BAND, band.hatch);
    else this.#pen.rect(left, y, width, BAND, fill);
    if (!isHatched && (band.tone === "pre-candidate" || band.tone === "plain") && width > 2) {
      const edges = `M${num(left)} ${num(y + 0.5)}H${num(right)}M${num(left)} ${num(y + BAND - 0.5)}H${num(right)}`;
      if (band.tone === "plain") this.#pen.path(edges, "rule2", 1);
      else this.#pen.path(edges, "cand", 1, "3 2");
    }
    const x = this.#besideChip(this.#labelX(band.from), y, isHatched);
    const room = (next === undefined ? OVERVIEW.width - OVERVIEW.right : right) - x;
    const letter = band.letter === "" ? "" : `${band.letter}  `;
    const label = [letter + band.words, band.letter].find((text) => text !== "" && text.length * 5.8 + 6 < room);
    if (label === undefined) return;
    if (isHatched) this.#pen.rect(x - 4, y + 1, label.length * 5.8 + 8, BAND - 2, "bg");
    const labelInk = isHatched ? (band.hatch === "fence" ? "fencetext" : "ink") : ink;
    this.#pen.text(x, y + 9.8, label, labelInk, {
      size: 10.5,
      weight: band.tone === "leader" || isHatched ? 650 : 500,
    });
  }

  /** Words on a plate stand behind the chip of their lane, when they would meet it. */
  #besideChip(x: number, y: number, isHatched: boolean): number {
    const partition = this.#model.partitions[0];
    if (!isHatched || partition === undefined) return x;
    const right = this.#x(partition.to);
    const isDivided = partition.groups.some((group) => group.some((node) => this.#layout.lanes[node] === y));
    return isDivided && x < right && right - x < CHIP_NEAR ? right + 8 : x;
  }

  #chips(): void {
    const partition = this.#model.partitions[0];
    if (partition === undefined) return;
    partition.groups.forEach((group, index) => {
      const tops = group.map((node) => this.#layout.lanes[node] ?? 0);
      const top = Math.min(...tops);
      const height = Math.max(...tops) + BAND - top;
      const right = this.#x(partition.to);
      if (height > group.length * PITCH + GAP || right - this.#x(partition.from) < 40) return;
      this.#pen.rect(right - 15, top, 15, height, "ink");
      this.#pen.text(right - 7.5, top + height / 2 + 4, groupLetter(index), "bg", { weight: 700, anchor: "middle" });
    });
  }

  #bars(): void {
    const { bars } = this.#layout;
    const rows = [
      ["writes acked per s", this.#model.acknowledgedPerSecond, bars, 20, "ok"],
      ["messages dropped", this.#model.droppedPerSecond, bars + 27, 18, "ink3"],
    ] as const;
    for (const [name, histogram, top, height, ink] of rows) {
      this.#pen.text(OVERVIEW.gutter - 14, top + 17, name, "ink2", { anchor: "end" });
      const most = Math.max(1, ...histogram.counts);
      const steps = histogram.counts.flatMap((count, index) => {
        if (count === 0) return [];
        const a = this.#x(index * histogram.bucket) + 0.6;
        const b = this.#x(Math.min(this.#model.endTime, (index + 1) * histogram.bucket)) - 0.6;
        const tall = Math.max(1, (count / most) * height);
        return [`M${num(a)} ${num(top + 20)}v${num(-tall)}H${num(Math.max(a + 0.5, b))}v${num(tall)}Z`];
      });
      this.#pen.rect(OVERVIEW.gutter, top + 20, OVERVIEW.width - OVERVIEW.right - OVERVIEW.gutter, 1, "rule2");
      if (steps.length > 0) this.#pen.area(steps.join(""), ink);
    }
  }

  #axis(): void {
    const y = this.#layout.height - 4;
    const step = tickStep(this.#model.endTime, 8);
    for (const at of ticks(0, this.#model.endTime, 8)) {
      const x = this.#x(at);
      this.#pen.path(`M${num(x)} ${num(y - 21)}v5`, "rule2", 1);
      const isLast = x > OVERVIEW.width - 30;
      this.#pen.text(x, y - 2, tickLabel(at, step), "ink3", at === 0 ? {} : { anchor: isLast ? "end" : "middle" });
    }
  }

  #violations(): void {
    const { lanes, writeTop, bars } = this.#layout;
    const rules = this.#model.findings.map(
      (finding) => `M${num(this.#x(finding.time))} ${num((lanes[0] ?? writeTop) - 6)}V${num(bars - 8)}`,
    );
    if (rules.length > 0) this.#pen.path(rules.join(""), "bad", 1.5);
  }
}
