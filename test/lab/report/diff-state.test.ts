import { describe, expect, it } from "vitest";
import { buildModel } from "../../../src/lab/report/build-model.ts";
import { diffStates, diffStateWords, type DiffStateRow } from "../../../src/lab/report/diff-state.ts";
import type { ReportModel } from "../../../src/lab/report/model.ts";
import { syntheticRun, type SyntheticOptions } from "./synthetic.ts";

function modelOf(options: SyntheticOptions): ReportModel {
  const { result, trace } = syntheticRun(options);
  return buildModel(result, trace);
}

const good = modelOf({});
const bad = modelOf({ isFailing: true });
/** In the failing run two nodes may write here; in the other one. */
const TWO_WRITE = bad.findings[0]?.time ?? 0;

function rowsOf(node: string, rows: readonly DiffStateRow[]): readonly DiffStateRow[] {
  return rows.filter((row) => row.node === node);
}

describe("the table of all nodes in two runs", () => {
  it("has one row for a node that says the same in both, and two with the difference marked for one that does not", () => {
    const { columns, rows } = diffStates([good, bad], TWO_WRITE);
    const [a, b, ...others] = rowsOf("n1", rows);
    expect([a?.run, a?.span, b?.run, b?.span, others.length]).toEqual(["A", 2, "B", 0, 0]);
    const place = columns.findIndex(({ name }) => name === "may write");
    expect([a?.cells[place]?.text, b?.cells[place]?.text]).toEqual(["no", "yes"]);
    expect([a?.cells[place]?.isDifferent, b?.cells[place]?.isDifferent]).toEqual([true, true]);
    const same = rows.filter(({ run }) => run === "A and B");
    expect(same.length).toBeGreaterThan(0);
    expect(same.every(({ cells }) => cells.every(({ isDifferent }) => !isDifferent))).toBe(true);
    expect(diffStateWords([good, bad], TWO_WRITE)).toMatch(
      /^\d of 5 nodes differ\. A: n3 may write\. B: n1 and n3 may write\.$/,
    );
  });

  it("finds nothing that differs between a run and itself", () => {
    const { rows } = diffStates([bad, bad], TWO_WRITE);
    expect(rows.map(({ run }) => run)).toEqual(bad.nodes.map(() => "A and B"));
    expect(diffStateWords([bad, bad], TWO_WRITE)).toMatch(/^All nodes say the same in both\./);
  });

  it("matches nodes by name: one that only one run has stands alone, and says so", () => {
    const { rows } = diffStates([good, modelOf({ fifth: "n9" })], 1_000_000);
    expect(rowsOf("n5", rows).map(({ run }) => run)).toEqual(["only A"]);
    expect(rowsOf("n9", rows).map(({ run }) => run)).toEqual(["only B"]);
    expect(rowsOf("n2", rows).map(({ run }) => run)).toEqual(["A and B"]);
  });

  it("says which run had ended", () => {
    expect(diffStateWords([modelOf({ seconds: 20 }), good], 30_000_000)).toMatch(/ A had ended at 20\.000 s\. B: /);
  });

  it("has the columns of both runs in one order, whichever has them", () => {
    const bare: ReportModel = { ...good, partitions: [], writers: undefined };
    const names = (runs: readonly [ReportModel, ReportModel]): string[] =>
      diffStates(runs, 1_000_000).columns.map(({ name }) => name);
    expect(names([bare, good])).toEqual(names([good, bare]));
    expect(names([bare, good])).toContain("may write");
    expect(names([bare, bare])).not.toContain("may write");
  });
});
