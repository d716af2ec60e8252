import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseSeeds } from "../../../src/lab/explore/seeds.ts";

const all = (text: string): string[] => {
  const seeds = parseSeeds(text);
  return Array.from({ length: seeds.count }, (_, place) => seeds.at(place));
};

describe("a list of seeds", () => {
  it("counts both ends of a range, and keeps the order of what is named", () => {
    expect(all("8..11,nightly-3,2")).toEqual(["8", "9", "10", "11", "nightly-3", "2"]);
    expect(parseSeeds("1..1000000").at(999_999)).toBe("1000000");
  });

  it("keeps every digit of a seed that is a name", () => {
    expect(all("007,1.50")).toEqual(["007", "1.50"]);
  });

  it("has one text, however it was written", () => {
    expect(parseSeeds("1,2, 3..9").text).toBe("1..9");
    expect(parseSeeds("4..4").text).toBe("4");
    expect(parseSeeds(parseSeeds("9,1..3,x").text).text).toBe("9,1..3,x");
  });

  it.each(["", "5..1", "1..", "1...3", "a b", "1,,2", "1..3,2", "x,x", "01..3", "1..99999999999999999999"])(
    "refuses %j",
    (text) => {
      expect(() => parseSeeds(text)).toThrow("SEEDS");
    },
  );

  it("gives each place another seed", () => {
    const pieces = fc.uniqueArray(fc.nat(30), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(pieces, (numbers) => {
        const text = numbers.map((n) => `${String(n * 10)}..${String(n * 10 + 9)}`).join(",");
        expect(new Set(all(text)).size).toBe(numbers.length * 10);
      }),
    );
  });
});
