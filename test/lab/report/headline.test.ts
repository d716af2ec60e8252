import { describe, expect, it } from "vitest";
import { buildModel } from "../../../src/lab/report/build-model.ts";
import { headlineOf } from "../../../src/lab/report/headline.ts";
import { LeftBehind } from "../../../src/lab/report/left-behind.ts";
import type { PointRecord } from "../../../src/trace/record.ts";
import type { SummaryRow } from "../../../src/trace/result.ts";
import type { Verdict } from "../../../src/trace/verdict.ts";
import { syntheticRun } from "./synthetic.ts";

const { result, trace } = syntheticRun();
const { names, writers, acknowledged } = buildModel(result, trace);
const facts = { names, writers, acknowledged, firstFault: 10_000_000 };

/** A node's word that it has kept something. */
function kept(epoch: number, txids: string, name = "lost-found"): PointRecord {
  const fields = { epoch, txids, path: "lost+found/2", from: "" };
  return { kind: "point", id: 0, time: 0, node: "n1", cause: -1, origin: "program", name, fields };
}

describe("the sentences under the headline", () => {
  it("say that nothing was lost when nothing was", () => {
    expect(headlineOf(result, { ...facts, leftBehind: 0 }).lede).toContain("and no acknowledged write was lost.");
  });

  it("say how much never reached the cluster, and not that nothing was lost", () => {
    const { lede } = headlineOf(result, { ...facts, leftBehind: 17 });
    expect(lede).toContain("before n3 began. 17 transactions never reached the cluster: listed, and kept.");
    expect(lede).not.toContain("no acknowledged write was lost");
    expect(headlineOf(result, { ...facts, leftBehind: 1 }).lede).toContain("1 transaction never reached");
  });
});

describe("the sentence under the headline of a run of receipts", () => {
  const row = (name: string, value: string): SummaryRow => ({ name, value, isGood: true });
  const ledeOf = (...summary: readonly SummaryRow[]): string =>
    headlineOf({ ...result, summary }, { ...facts, writers: undefined, leftBehind: 0 }).lede;

  it("says that all of them arrived, and how", () => {
    const arrived = [
      row("receipts created", "10"),
      row("receipts synced", "10"),
      row("OFD received", "10 in 11 attempts"),
    ];
    expect(ledeOf(...arrived, row("duplicates", "0"))).toMatch(
      /^All 10 receipts reached the OFD, none twice: 10 in 11 attempts\. \d+ rules judged/,
    );
    expect(ledeOf(...arrived, row("duplicates", "1"))).toMatch(/^\d+ rules judged/);
  });
});

describe("the sentence under the headline of two who write", () => {
  it("is about them, though another rule was broken before", () => {
    const broken = syntheticRun({ isFailing: true });
    const model = buildModel(broken.result, broken.trace);
    const verdict = broken.result.verdicts.find(({ violation }) => violation !== undefined);
    const before = verdict?.violation && {
      ...verdict.violation,
      time: 9_000_000,
      message: "Something else was wrong.",
    };
    const verdicts = [{ ...verdict, violation: before } as Verdict, ...broken.result.verdicts];
    const { headline, lede } = headlineOf(
      { ...broken.result, verdicts },
      { ...model, firstFault: 10_000_000, leftBehind: 0 },
    );
    expect(headline).toBe(model.headline);
    expect(lede).toContain(verdict?.violation?.message ?? "a violation");
    expect(lede).not.toContain("Something else");
  });
});

describe("what was left behind", () => {
  it("is counted once, however many nodes name it", () => {
    const leftBehind = new LeftBehind();
    leftBehind.point(kept(2, "1460"));
    leftBehind.point(kept(2, "1460-1476"));
    leftBehind.point(kept(2, "1460-1476"));
    leftBehind.point(kept(3, "1476"));
    leftBehind.point(kept(2, "1-9", "divergence"));
    expect(leftBehind.count).toBe(18);
  });
});
