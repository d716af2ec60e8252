import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { buildDiff } from "../../../src/lab/report/build-diff.ts";
import type { DiffModel } from "../../../src/lab/report/diff-model.ts";
import { renderDiffHtml } from "../../../src/lab/report/html-diff.ts";
import { readBlock } from "../../../src/lab/report/read-block.ts";
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

  it("shows the whole records where one sentence is true of both", () => {
    const [first] = diff.parting;
    if (first === undefined) throw new Error("The first run has a record there.");
    expect(renderDiffHtml(diff)).not.toContain("In both: ");
    const other = { ...first, whole: first.whole.replace(/\S+$/, "else") };
    const html = renderDiffHtml({ ...diff, parting: [first, other] });
    expect(html).toContain("In both: ");
    expect([...html.matchAll(/<pre>([^<]+)</g)].map(([, text]) => text?.startsWith("t="))).toEqual([true, true]);
    expect(first.whole).not.toBe(other.whole);
  });

  it("carries both runs and all marks whole, so that the page's script needs nothing else", () => {
    const packed = /<script type="text\/plain" id="data">([^<]+)</.exec(renderDiffHtml(diff))?.[1] ?? "";
    const plain = (value: unknown): unknown =>
      JSON.parse(
        JSON.stringify(value, (_, item: unknown) =>
          ArrayBuffer.isView(item) ? Array.from(item as unknown as ArrayLike<number>) : item,
        ),
      );
    expect(plain(readBlock(gunzipSync(Buffer.from(packed, "base64"))))).toEqual(plain(diff));
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

  it("has the lanes of both runs in one order, by node, and says which are only in one", () => {
    const [first, second] = diffOf({}, { fifth: "n9" }).runs;
    const shared = (ids: readonly string[]): readonly string[] => ids.filter((id) => id !== "n5" && id !== "n9");
    const [a, b] = [first, second].map(({ nodes }) => nodes.map(({ id }) => id));
    expect(shared(a ?? [])).toEqual(shared(b ?? []));
    expect(first.nodes.find(({ id }) => id === "n5")?.note).toMatch(/only in A$/);
    expect(second.nodes.find(({ id }) => id === "n9")?.note).toMatch(/only in B$/);
    expect(first.nodes.find(({ id }) => id === "n2")?.note).not.toMatch(/only in/);
  });

  it("keeps a run's lanes in the order of the other's partition when it has none itself", () => {
    const [a, b] = [syntheticRun({}), syntheticRun({ isFailing: true })];
    const whole = { ...a, result: { ...a.result, faults: [] } };
    const record = firstDivergence(a.trace, b.trace)?.record ?? -1;
    const { runs } = buildDiff({ ...whole, label: "a" }, { ...b, label: "b" }, { record, facts: [] });
    expect(runs[0].nodes.map(({ id }) => id)).toEqual(runs[1].nodes.map(({ id }) => id));
  });

  it("tells both stories with the time of each step in each run, and why as far as it is known", () => {
    const [a, b] = [syntheticRun({}), syntheticRun({ isFailing: true })];
    const record = firstDivergence(a.trace, b.trace)?.record ?? -1;
    const facts = [
      { name: "scenario.faults.0.at", first: "10s", second: "12s", isGiven: true },
      { name: "outcome", first: "holds", second: "violated" },
    ];
    const html = renderDiffHtml(buildDiff({ ...a, label: "a" }, { ...b, label: "b" }, { record, facts }));
    expect(html).toContain("They were not given the same: faults.0.at is 10s in A, 12s in B.");
    expect(html).toMatch(/<table class="facts-of given">.*scenario\.faults\.0\.at(?!.*outcome).*<\/table>/);
    expect(html).toMatch(/<td class="num">–<\/td>.*▲ only in B/);
  });
});
