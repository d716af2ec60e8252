import type { Micros } from "../../../trace/record.ts";
import { formatSeconds } from "../../../trace/units.ts";
import type { NodeLane, ReportModel, StoryItem } from "../model.ts";
import { shorten } from "../words.ts";
import type { ExportSlice } from "./export-format.ts";

/** Columns of the picture, so that a page of 100 characters holds it with its names. */
const COLUMNS = 80;
const NAME_LENGTH = 14;
/** Lines of the story; a comment of GitHub holds 65,536 characters. */
const STORY_LINES = 24;
const FINDINGS = 5;
const TEXT_LENGTH = 400;

/**
 * Verdict, findings, the picture of letters, story and replay line.
 *
 * @returns Markdown that ends with a line break.
 */
export function textTimelineOf(model: ReportModel, slice: ExportSlice): string {
  const from = Math.max(0, slice.from);
  const to = Math.max(from + 1, Math.min(model.endTime, slice.to));
  const scale = new Scale(from, to);
  const findings = model.findings.slice(0, FINDINGS);
  const lines = [
    `**${inline(model.scenario)}**, seed ${code(model.seed)}: ${inline(model.headline)}`,
    "",
    ...findings.map(
      (finding) => `- **${finding.checker}** at ${formatSeconds(finding.time)}: ${inline(finding.message)}`,
    ),
    ...more(model.findings.length - findings.length, "violation"),
    ...(findings.length > 0 ? [""] : []),
    "```text",
    ...picture(model, scale).map((line) => line.trimEnd()),
    "```",
    "",
    ...storyLines(model.story.filter(({ time }) => time >= from && time <= to)),
    "",
    `Replay: ${code(model.replay)}`,
  ];
  return `${lines.join("\n")}\n`;
}

class Scale {
  readonly from: Micros;
  readonly to: Micros;

  constructor(from: Micros, to: Micros) {
    this.from = from;
    this.to = to;
  }

  /** Start of a column, 0…{@link COLUMNS}. */
  at(column: number): Micros {
    return this.from + Math.floor(((this.to - this.from) * column) / COLUMNS);
  }

  /** Column of a moment; the last one for the end of the slice. */
  column(time: Micros): number {
    return Math.min(COLUMNS - 1, Math.max(0, Math.floor(((time - this.from) * COLUMNS) / (this.to - this.from))));
  }

  isInside(from: Micros, to: Micros): boolean {
    return to >= this.from && from <= this.to;
  }
}

function picture(model: ReportModel, scale: Scale): string[] {
  const letters = new Map<string, string>();
  const rows = [axis(scale)];
  for (const fault of model.faults) {
    if (!scale.isInside(fault.from, fault.to)) continue;
    const cells = blank();
    cells.fill("▒", scale.column(fault.from), scale.column(fault.to) + 1);
    rows.push(row(fault.id, cells, fault.kind));
  }
  for (const lane of model.nodes) rows.push(row(lane.id, laneCells(lane, scale, letters), lane.note));
  if (model.writers !== undefined) {
    const cells = blank();
    for (const isDouble of [false, true])
      for (const { from, to, writers } of model.writers)
        if (scale.isInside(from, to) && (isDouble ? writers.length > 1 : writers.length === 0))
          cells.fill(isDouble ? "!" : "-", scale.column(from), scale.column(to) + 1);
    rows.push(row("writers", cells, ""));
    if (cells.includes("-")) letters.set("-", "nobody may write");
    if (cells.includes("!")) letters.set("!", "two may write");
  }
  const marks = blank();
  for (const { time } of model.findings) if (scale.isInside(time, time)) marks[scale.column(time)] = "▲";
  if (marks.includes("▲")) rows.push(row("violations", marks, ""));
  const legend = [...letters].map(([letter, words]) => `${letter} ${words}`).join(", ");
  return [...rows, ...(legend === "" ? [] : ["", `${" ".repeat(NAME_LENGTH + 1)}${legend}`])];
}

/** A lane's main state by columns: its letter, `x` for down, `z` for paused. */
function laneCells(lane: NodeLane, scale: Scale, letters: Map<string, string>): string[] {
  const bands = lane.states.find(({ key }) => key === lane.mainKey)?.bands ?? [];
  const cells = blank();
  for (let column = 0; column < COLUMNS; column++) {
    const from = scale.at(column);
    const to = Math.max(from + 1, scale.at(column + 1));
    const span = longest(lane.process, from, to);
    if (span !== undefined) {
      cells[column] = span.kind === "down" ? "x" : "z";
      letters.set(cells[column] ?? "", span.kind);
      continue;
    }
    const band = longest(bands, from, to);
    if (band === undefined) continue;
    cells[column] = band.letter;
    letters.set(band.letter, band.value.replaceAll("_", " "));
  }
  return cells;
}

/** What fills at least half of a stretch, or most of what is filled. */
function longest<Span extends { readonly from: Micros; readonly to: Micros }>(
  spans: readonly Span[],
  from: Micros,
  to: Micros,
): Span | undefined {
  let best: Span | undefined;
  let length = 0;
  for (const span of spans) {
    const shared = Math.min(to, span.to) - Math.max(from, span.from);
    if (shared <= length) continue;
    length = shared;
    best = span;
  }
  return best;
}

function axis(scale: Scale): string {
  const cells = blank();
  for (let column = 0; column < COLUMNS; column += 20) {
    const label = `|${formatSeconds(scale.at(column)).replace(/\.?0+ s$/, " s")}`;
    for (let i = 0; i < label.length; i++) cells[column + i] = label.charAt(i);
  }
  return row("", cells, "");
}

function blank(): string[] {
  return new Array<string>(COLUMNS).fill(" ");
}

function row(name: string, cells: readonly string[], note: string): string {
  const short = shorten(printable(name), NAME_LENGTH);
  return `${short.padEnd(NAME_LENGTH)} ${cells.join("")}${note === "" ? "" : `  ${note}`}`;
}

function storyLines(story: readonly StoryItem[]): string[] {
  const told = story.slice(0, STORY_LINES);
  return [
    ...told.map(({ time, text, isBad }) => `- ${formatSeconds(time)} ${isBad ? "**!** " : ""}${inline(text)}`),
    ...more(story.length - told.length, "line"),
  ];
}

function more(count: number, what: string): string[] {
  return count <= 0 ? [] : [`- … ${String(count)} more ${what}${count === 1 ? "" : "s"}`];
}

/** A text of a user's program in Markdown: nothing in it is markup, and it stays on its line. */
function inline(text: string): string {
  return shorten(printable(text), TEXT_LENGTH).replaceAll(/[\\`*_<>[\]|#@]/g, "\\$&");
}

/** A text as code, in which only its own mark could end it. */
function code(text: string): string {
  return `\`${printable(text).replaceAll("`", "'")}\``;
}

function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ");
}
