import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { firstOverlap, gapsIn, joinSpans, shardSpan, unitLength, unitsOf } from "../../../src/lab/explore/unit.ts";

describe("units and shards", () => {
  it("are a partition of the runs, for any number of runs and shards", () => {
    const shards = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300_000 }), shards, (total, of) => {
        const spans = Array.from({ length: of }, (_, i) => shardSpan(total, { index: i + 1, of }));
        expect(spans[0]?.from).toBe(0);
        expect(spans.at(-1)?.to).toBe(total);
        spans.forEach(({ to }, i) => {
          expect(spans[i + 1]?.from ?? total).toBe(to);
        });
        const units = [...unitsOf(spans, total)];
        expect(joinSpans(units)).toEqual([{ from: 0, to: total }]);
        expect(Math.max(...units.map(({ from, to }) => to - from))).toBeLessThanOrEqual(1_000);
      }),
    );
  });

  it("leave no shard without work while there are units enough", () => {
    for (let index = 1; index <= 4; index++) {
      const { from, to } = shardSpan(2_000, { index, of: 4 });
      expect(to - from).toBe(500);
    }
    expect(unitLength(2_000)).toBe(20);
    expect(unitLength(10_000_000)).toBe(1_000);
  });

  it("fill exactly what is open, and end where other units end", () => {
    const gaps = gapsIn({ from: 0, to: 200 }, [
      { from: 10, to: 13 },
      { from: 4, to: 10 },
      { from: 100, to: 250 },
    ]);
    expect(gaps).toEqual([
      { from: 0, to: 4 },
      { from: 13, to: 100 },
    ]);
    const units = [...unitsOf([{ from: 3, to: 45 }], 2_000)];
    expect(units.map(({ to }) => to)).toEqual([20, 40, 45]);
  });

  it("notice an overlap of a single run, and none of neighbours", () => {
    expect(firstOverlap([{ from: 0, to: 5 }], [{ from: 5, to: 9 }])).toBeUndefined();
    expect(firstOverlap([{ from: 0, to: 6 }], [{ from: 5, to: 9 }])).toEqual({ from: 5, to: 6 });
  });
});
