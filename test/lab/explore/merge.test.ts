import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mergeSweeps, type MergePart } from "../../../src/lab/explore/merge.ts";
import { exitCodeOfSweep, parseSweep, sweepJson } from "../../../src/lab/explore/sweep-result.ts";
import { shardSpan } from "../../../src/lab/explore/unit.ts";
import { resultOf, somePlan } from "./some-parts.ts";

const plan = somePlan();
const shards = (of: number): MergePart[] =>
  Array.from({ length: of }, (_, i) => {
    const shard = `${String(i + 1)}/${String(of)}`;
    return { file: `${shard}.json`, result: resultOf(plan, shardSpan(200, { index: i + 1, of }), shard) };
  });
const changed = (part: MergePart, change: object): MergePart => ({ ...part, result: { ...part.result, ...change } });

describe("merging shards", () => {
  it("gives the whole, byte for byte, for any number of shards in any order", () => {
    const whole = sweepJson(resultOf(plan, { from: 0, to: 200 }));
    const order = fc.integer({ min: 1, max: 9 }).chain((of) => fc.shuffledSubarray(shards(of), { minLength: of }));
    fc.assert(
      fc.property(order, (parts) => {
        expect(sweepJson(mergeSweeps(parts))).toBe(whole);
      }),
      { numRuns: 30 },
    );
  });

  it("can be done in steps only where the step is whole, and reads back what it wrote", () => {
    const whole = mergeSweeps(shards(4));
    expect(parseSweep(sweepJson(whole), "x")).toEqual(JSON.parse(JSON.stringify(whole)));
    expect(sweepJson(mergeSweeps([{ file: "whole.json", result: whole }]))).toBe(sweepJson(whole));
  });

  it("groups failures of one way, with the first seed and the quickest", () => {
    const { groups } = mergeSweeps(shards(3));
    expect(groups.map(({ fingerprint, count, first, quickest }) => [fingerprint, count, first, quickest])).toEqual([
      ["way 1", 15, "4", "200"],
      ["way 0", 14, "11", "193"],
    ]);
    expect(exitCodeOfSweep(mergeSweeps(shards(3)))).toBe(1);
  });

  it("refuses a missing shard by its name and its seeds", () => {
    const [one, , three, four] = shards(4) as [MergePart, MergePart, MergePart, MergePart];
    expect(() => mergeSweeps([one, three, four])).toThrow(
      "MERGE_MISSING: Seeds 51..100 are in no part: shard 2/4 is missing.",
    );
  });

  it("refuses a shard that was cut short, by its file", () => {
    const [one, two] = shards(2) as [MergePart, MergePart];
    const cut = { file: "cut.json", result: resultOf(plan, { from: 100, to: 170 }, "2/2") };
    expect(() => mergeSweeps([one, cut])).toThrow("Seeds 171..200 are in no part: shard 2/2 (cut.json) was cut short.");
    expect(mergeSweeps([one, two]).failures.length).toBeGreaterThan(0);
  });

  it("refuses the same runs twice", () => {
    const [one, two] = shards(2) as [MergePart, MergePart];
    const wide = { file: "wide.json", result: resultOf(plan, { from: 90, to: 200 }, "2/2") };
    expect(() => mergeSweeps([one, wide])).toThrow("wide.json MERGE_OVERLAP: Seeds 91..100 are in it and in 1/2.json.");
    expect(() => mergeSweeps([one, two, two])).toThrow("MERGE_OVERLAP");
  });

  it.each([
    ["another version", { tool: { name: "faultline", version: "9.9.9" } }, "MERGE_VERSION: The version of the tool"],
    ["other seeds", { plan: { ...plan, seeds: "1..300" } }, "MERGE_SEEDS: The range of seeds"],
    ["other plans", { plan: { ...plan, plans: "random" } }, "MERGE_PLANS"],
    ["another scenario", { plan: somePlan("1..200", ["beta"]) }, "MERGE_SCENARIO: The list of scenarios"],
    [
      "a scenario that was changed",
      { plan: { ...plan, scenarios: [{ name: "alpha", path: "", hash: "other" }] } },
      'MERGE_SCENARIO: Scenario "alpha" is another than in 1/2.json',
    ],
  ])("refuses %s by name", (_, change, text) => {
    const [one, two] = shards(2) as [MergePart, MergePart];
    expect(() => mergeSweeps([one, changed(two, change)])).toThrow(text);
  });

  it("does not mind where a scenario was found", () => {
    const [one, two] = shards(2) as [MergePart, MergePart];
    const moved = {
      plan: { ...plan, scenarios: [{ name: "alpha", path: "/elsewhere/alpha.yaml", hash: "hash of alpha" }] },
    };
    expect(mergeSweeps([one, changed(two, moved)]).total).toBe(200);
  });

  it("names the seeds of each scenario where there are several", () => {
    const both = somePlan("1..100", ["alpha", "beta"]);
    const part = { file: "a.json", result: resultOf(both, { from: 0, to: 60 }) };
    expect(() => mergeSweeps([part])).toThrow("Seeds 61..100 of alpha, 1..100 of beta are in no part.");
  });

  it.each([
    ["{", "The file is not JSON"],
    ["[]", "not the result of a sweep"],
    [`{ "kind": "sweep", "schema": 7 }`, "has format 7; this version reads 1"],
  ])("reads no %s as a result", (text, message) => {
    expect(() => parseSweep(text, "x.json")).toThrow(message);
  });
});
