import { describe, expect, it } from "vitest";
import { editDistance, nearest } from "../../../src/lab/scenario/nearest.ts";

describe("nearest", () => {
  it("counts insertions, deletions and replacements", () => {
    expect(editDistance("kitten", "sitting")).toBe(3);
    expect(editDistance("", "abc")).toBe(3);
    expect(editDistance("same", "same")).toBe(0);
  });

  it("suggests the nearest name, the first of equals, whatever its case", () => {
    expect(nearest("partitoin", ["pause", "partition", "split"])).toBe("partition");
    expect(nearest("N1", ["n1", "n2"])).toBe("n1");
    expect(nearest("n7", ["n1", "n2"])).toBe("n1");
  });

  it("suggests nothing when nothing is near", () => {
    expect(nearest("zebra", ["partition", "crash"])).toBeUndefined();
  });
});
