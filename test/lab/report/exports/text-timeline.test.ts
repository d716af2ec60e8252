import { describe, expect, it } from "vitest";
import { EXPORT_FORMATS } from "../../../../src/lab/report/exports/formats.ts";
import { ndjson } from "../../../../src/lab/report/exports/ndjson.ts";
import { textTimeline } from "../../../../src/lab/report/exports/text-timeline.ts";
import { syntheticRun, type SyntheticRun } from "../synthetic.ts";

function textOf({ result, trace }: SyntheticRun, from = 0, to = Infinity): string {
  return [...textTimeline.pieces(result, trace, { from, to })].join("");
}

const failing = syntheticRun({ isFailing: true });

describe("the timeline of letters", () => {
  it("shows faults, roles, writers and violations of a run at the same columns", () => {
    const text = textOf(failing);
    const row = (name: string): string =>
      text.split("\n").find((line) => line.startsWith(`${name.padEnd(14)} `)) ?? `no row ${name}`;
    expect(text).toContain("**split-2-3**, seed `8841`: Two nodes could write for 0.338 s");
    const at = row("violations").indexOf("▲");
    expect(row("writers").charAt(at)).toBe("!");
    expect(row("n3").charAt(at - 2) + row("n3").charAt(at + 1)).toBe("FL");
    expect(row("n1")).toMatch(/L{10,}F{40,} {2}old leader$/);
    expect(row("cut").indexOf("▒")).toBe(at - 1);
    expect(text).toMatch(/Replay: `faultline run \S+ --seed 8841`\n$/);
  });

  it("has rows that fit a comment", () => {
    const lines = textOf(failing).split("\n");
    const inside = lines.slice(lines.indexOf("```text") + 1, lines.lastIndexOf("```"));
    expect(inside.filter((line) => line.length > 110)).toEqual([]);
  });

  it("tells a slice of the run alone", () => {
    const text = textOf(failing, 20_000_000, 30_000_000);
    expect(text).toContain("|20 s");
    expect(text).not.toContain("The network splits");
    expect(text).toMatch(/^cut {12}▒{80} {2}partition$/m);
  });

  it("lets no text of a program be markup, or leave its line", () => {
    const run = syntheticRun({ seconds: 14 });
    const story = [{ time: 1, since: -1, text: "a\n# b <img onerror> [x](y) `c` \u202e", limit: "", record: 0 }];
    const text = textOf({ ...run, result: { ...run.result, story } });
    expect(text).toContain("- 0.000 s a \\# b \\<img onerror\\> \\[x\\](y) \\`c\\`");
    expect(text).not.toMatch(/^#/m);
    expect(text).not.toContain("\u202e");
  });
});

describe("records as JSON", () => {
  it("are those of the slice, one a line", () => {
    const { result, trace } = syntheticRun({ seconds: 12 });
    const [from, to] = [3_000_000, 4_000_000];
    const lines = [...ndjson.pieces(result, trace, { from, to })].join("").trimEnd().split("\n");
    const expected = [...trace].filter(({ time }) => time >= from && time <= to);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(expected);
  });
});

it("every format has a name, an ending and words of its own", () => {
  for (const key of ["name", "extension", "about"] as const)
    expect(new Set(EXPORT_FORMATS.map((format) => format[key])).size).toBe(EXPORT_FORMATS.length);
});
