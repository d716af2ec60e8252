import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ddmin } from "../../../src/lab/explore/ddmin.ts";

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe("ddmin", () => {
  it("keeps exactly what is needed, whatever and wherever it is", async () => {
    const wanted = fc
      .integer({ min: 1, max: 40 })
      .chain((count) => fc.tuple(fc.constant(count), fc.subarray(numbers(count))));
    await fc.assert(
      fc.asyncProperty(wanted, async ([count, needed]) => {
        const kept = await ddmin(numbers(count), (items) =>
          Promise.resolve(needed.every((item) => items.includes(item))),
        );
        expect(kept).toEqual(needed);
      }),
    );
  });

  it("ends with a list of which no single item can go, also where more items can be worse", async () => {
    const holds = (items: readonly number[]): boolean => items.length % 3 === 0 && items.includes(4);
    const kept = await ddmin(numbers(12), (items) => Promise.resolve(holds(items)));
    expect(holds(kept)).toBe(true);
    for (const item of kept) expect(holds(kept.filter((other) => other !== item))).toBe(false);
  });

  it("asks for no list twice, and finds one of sixteen in few questions", async () => {
    const asked: string[] = [];
    await ddmin(numbers(16), (items) => {
      asked.push(items.join());
      return Promise.resolve(items.includes(11));
    });
    expect(new Set(asked).size).toBe(asked.length);
    expect(asked.length).toBeLessThan(16);
  });
});
