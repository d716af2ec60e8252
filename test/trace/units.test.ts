import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDuration, formatSeconds, parseDuration } from "../../src/trace/units.ts";

describe("parseDuration", () => {
  it.each([
    ["250ms", 250_000],
    ["1.5s", 1_500_000],
    ["2m", 120_000_000],
    ["2min", 120_000_000],
    ["-1h", -3_600_000_000],
    ["+250 ms", 250_000],
    ["7us", 7],
    ["7µs", 7],
    ["0s", 0],
    [" 3s ", 3_000_000],
    ["0.0000019s", 1],
    ["285000h", 1_026_000_000_000_000],
  ])("reads %s", (text, micros) => {
    expect(parseDuration(text)).toBe(micros);
  });

  it.each(["", "5", "ms", "1e3s", "1,5s", "s5", "5 sec", "--5s", "1.s", "99999999999999999h", "5d"])(
    "refuses %j",
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );
});

describe("formatDuration", () => {
  it.each([
    [1_500_000, "1500ms"],
    [10_000_000, "10s"],
    [120_000_000, "2m"],
    [3_600_000_000, "1h"],
    [1, "1us"],
    [0, "0us"],
    [-250_000, "-250ms"],
  ])("writes %d µs as %s", (micros, text) => {
    expect(formatDuration(micros)).toBe(text);
  });

  it("is read back as it was", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (micros) => {
        expect(parseDuration(formatDuration(micros))).toBe(micros);
      }),
    );
  });
});

describe("formatSeconds", () => {
  it.each([
    [0, "0.000 s"],
    [12_408_999, "12.408 s"],
    [999, "0.000 s"],
    [60_000_000, "60.000 s"],
    [-1_500_000, "−1.500 s"],
  ])("writes %d µs as %s", (micros, text) => {
    expect(formatSeconds(micros)).toBe(text);
  });
});
