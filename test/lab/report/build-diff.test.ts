import { describe, expect, it } from "vitest";
import { buildDiff } from "../../../src/lab/report/build-diff.ts";
import type { DiffModel } from "../../../src/lab/report/diff-model.ts";
import { renderDiffHtml } from "../../../src/lab/report/html-diff.ts";
import { firstDivergence } from "../../../src/lab/run/verify.ts";
import { syntheticRun, type SyntheticOptions } from "./synthetic.ts";

function diffOf(first: SyntheticOptions, second: SyntheticOptions): DiffModel {
  const [a, b] = [syntheticRun(first), syntheticRun(second)];
  const record = firstDivergence(a.trace, b.trace)?.record ?? -1;
  return buildDiff({ ...a, label: "runs/a" }, { ...b, label: "runs/b" }, { record, facts: [] });
}

describe("the page of two runs", () => {
  const diff = diffOf({}, { isFailing: true });

  it("tells the first record that differs in words, with what it came from, and opens there", () => {
    const [first, second] = diff.parting;
    expect(first?.record).toBe(diff.record);
    expect([first?.who, first?.text]).not.toEqual([second?.who, second?.text]);
    expect(diff.time).toBe(Math.min(first?.time ?? 0, second?.time ?? 0));
    expect(diff.window.from).toBeLessThan(diff.time);
    expect(diff.window.to).toBeGreaterThan(diff.time);
    const html = renderDiffHtml(diff);
    expect(html).toContain("<h2>Where they part</h2>");
    expect(html).toContain(`<h3>A, ${((first?.time ?? 0) / 1e6).toFixed(3)} s</h3>`);
  });

  it("marks on a run's timeline what the other has not, and only that run's own", () => {
    const alone = (run: 0 | 1): number => Array.from(diff.marks[run].mark).filter((mark) => mark === 0).length;
    const counted = (mark: "only-first" | "only-second"): number =>
      diff.counts.filter(({ kind }) => kind !== "timer").reduce((sum, { counts }) => sum + counts[mark], 0);
    expect(alone(0)).toBe(counted("only-first"));
    expect(alone(1)).toBe(counted("only-second"));
    expect(alone(0) + alone(1)).toBeGreaterThan(0);
  });

  it("lists some of each mark, so that what is common hides nothing rare, and says how many there are", () => {
    const many = diffOf({}, { hasDetector: true, seconds: 20 });
    expect(many.rows.length).toBeLessThan(many.total);
    expect(many.rows.some(({ group, mark }) => group === "events" && mark === "only-first")).toBe(true);
    expect(renderDiffHtml(many)).toMatch(/\d of [\d,]+ differences: the first of each mark and kind/);
  });

  it("shows what a program says as text", () => {
    const html = renderDiffHtml(diffOf({}, { fifth: '</script><img src=x onerror="document.title=1">' }));
    expect(html).not.toContain("<img");
    expect(html).toContain("&lt;img");
  });
});
