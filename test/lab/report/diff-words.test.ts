import { describe, expect, it } from "vitest";
import { buildDiff } from "../../../src/lab/report/build-diff.ts";
import type { DiffModel } from "../../../src/lab/report/diff-model.ts";
import { DiffWords } from "../../../src/lab/report/viewer/diff-words.ts";
import { searchRun, type SearchResult } from "../../../src/lab/report/viewer/search.ts";
import { firstDivergence } from "../../../src/lab/run/verify.ts";
import { syntheticRun } from "./synthetic.ts";

const [a, b] = [syntheticRun({ seconds: 20 }), syntheticRun({ seconds: 20, isFailing: true })];
const record = firstDivergence(a.trace, b.trace)?.record ?? -1;
const diff: DiffModel = buildDiff({ ...a, label: "a" }, { ...b, label: "b" }, { record, facts: [] });

function search(run: 0 | 1, query: string): SearchResult {
  return searchRun(diff.runs[run], query, new DiffWords(diff, run).own);
}

describe("a search in two runs", () => {
  it("asks one run alone", () => {
    expect(search(0, "in:A kind:state").count).toBe(searchRun(diff.runs[0], "kind:state").count);
    expect(search(1, "in:A kind:state").count).toBe(0);
    expect(search(1, "-in:A kind:state").count).toBe(searchRun(diff.runs[1], "kind:state").count);
  });

  it("finds what only one run has, and in the other nothing", () => {
    const only = search(1, "only-B");
    expect(only.count).toBeGreaterThan(0);
    expect(search(0, "only-B").count).toBe(0);
    const marked = new Set(Array.from(diff.marks[1].record).filter((_, place) => diff.marks[1].mark[place] === 0));
    for (const { kind, record: id } of only.found) if (kind !== "violation") expect(marked.has(id)).toBe(true);
    // The failing run has a finding; the other has none.
    expect(search(1, "only-B violation").count).toBe(diff.runs[1].findings.length);
  });

  it("goes with every other word, and can be left out", () => {
    const all = search(1, "kind:state").count;
    const ones = ["only-B", "changed", "moved"].map((word) => search(1, `kind:state ${word}`).count);
    expect(ones.some((count) => count > 0)).toBe(true);
    expect(search(1, "kind:state -only-B -changed -moved").count).toBe(all - ones.reduce((sum, one) => sum + one, 0));
  });

  it("finds nothing before they part", () => {
    const until = `0s..${String((diff.time - 1) / 1e6)}s`;
    expect(search(1, `${until} kind:state`).count).toBeGreaterThan(0);
    for (const word of ["only-A", "only-B", "changed", "moved"]) expect(search(1, `${until} ${word}`).count).toBe(0);
  });

  it("says of each found record how it stands to the other run", () => {
    const { head } = new DiffWords(diff, 1);
    const [before] = search(1, "kind:state").found;
    const [only] = search(1, "only-B -violation").found;
    expect([before, only].map((found) => (found === undefined ? "" : head(found)))).toEqual(["= same", "▲ only here"]);
  });

  it("takes a fault that starts elsewhere for moved, and one of another name for its own", () => {
    const late = { ...diff.runs[0], faults: diff.runs[0].faults.map((fault) => ({ ...fault, from: fault.from + 5 })) };
    const moved: DiffModel = { ...diff, runs: [late, diff.runs[1]] };
    const named = { ...diff.runs[0], faults: diff.runs[0].faults.map((fault) => ({ ...fault, id: "other" })) };
    const other: DiffModel = { ...diff, runs: [named, diff.runs[1]] };
    const count = (one: DiffModel, word: string): number =>
      searchRun(one.runs[1], `kind:fault ${word}`, new DiffWords(one, 1).own).count;
    expect([count(moved, "moved"), count(moved, "only-B")]).toEqual([1, 0]);
    expect([count(other, "moved"), count(other, "only-B")]).toEqual([0, 1]);
    expect(count(diff, "only-B")).toBe(0);
  });
});
