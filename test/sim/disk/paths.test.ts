import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isFilePath } from "../../../src/sim/disk/paths.ts";

describe("isFilePath", () => {
  it("takes relative paths without empty, . or .. segments, and nothing else", () => {
    const segment = fc.constantFrom("", ".", "..", "...", "a", ".a", "a.", "..a", "log.1");
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 5 }), (segments) => {
        const path = segments.join("/");
        const isRight = path !== "" && path.split("/").every((one) => one !== "" && one !== "." && one !== "..");
        expect(isFilePath(path), path).toBe(isRight);
      }),
      { numRuns: 1_000 },
    );
  });
});
