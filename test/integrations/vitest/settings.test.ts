import { describe, expect, it } from "vitest";
import { beginningOf, reportsOf, seedsOf } from "../../../src/integrations/vitest/settings.ts";

describe("seeds of a test", () => {
  it("are the environment's, else the test's, else 1", () => {
    expect(seedsOf(undefined, {}).text).toBe("1");
    expect(seedsOf("1..20", {}).text).toBe("1..20");
    expect(seedsOf(["7", "nightly-3"], {}).text).toBe("7,nightly-3");
    expect(seedsOf("1..20", { FAULTLINE_SEEDS: "5..9" }).text).toBe("5..9");
    expect(seedsOf("1..20", { FAULTLINE_SEEDS: "5..9", FAULTLINE_SEED: "3" }).text).toBe("3");
    expect(seedsOf("1..20", { FAULTLINE_SEEDS: "", FAULTLINE_SEED: "" }).text).toBe("1..20");
  });

  it("that are none are told with the place where they stand", () => {
    expect(() => seedsOf("9..1", {})).toThrow(/^seeds SEEDS: These are no seeds\.\n.*got "9\.\.1"/);
    expect(() => seedsOf("1", { FAULTLINE_SEEDS: "a b" })).toThrow(/^FAULTLINE_SEEDS SEEDS: /);
    expect(() => seedsOf([], {})).toThrow(/^seeds SEEDS: /);
  });
});

describe("the folder of reports", () => {
  it("is the environment's, else the test's, else reports, and none when nobody wants them", () => {
    expect(reportsOf(undefined, {})).toBe("reports");
    expect(reportsOf("out", {})).toBe("out");
    expect(reportsOf("out", { FAULTLINE_REPORTS: "ci" })).toBe("ci");
    expect(reportsOf(false, { FAULTLINE_REPORTS: "ci" })).toBeUndefined();
    expect(reportsOf("out", { FAULTLINE_REPORT: "false" })).toBeUndefined();
  });
});

describe("where a search begins", () => {
  it("is what the environment says, else the test, else what the name gives", () => {
    const named = beginningOf({}, "survives", {});
    expect(named).toEqual(beginningOf({}, "survives", {}));
    expect(named).not.toEqual(beginningOf({}, "survives all", {}));
    expect(beginningOf({ seed: 5, path: "0:1" }, "survives", {})).toEqual({ seed: 5, path: "0:1" });
    expect(beginningOf({ seed: 5 }, "survives", { FAULTLINE_EXPLORE: "-12:3:0:1" })).toEqual({
      seed: -12,
      path: "3:0:1",
    });
    expect(beginningOf({ seed: 5, path: "0:1" }, "survives", { FAULTLINE_EXPLORE: "7" })).toEqual({ seed: 7 });
    const random = beginningOf({ seed: 5 }, "survives", { FAULTLINE_EXPLORE: "random" });
    expect(Number.isSafeInteger(random.seed)).toBe(true);
  });

  it("that is none says what could stand there", () => {
    expect(() => beginningOf({}, "survives", { FAULTLINE_EXPLORE: "soon" })).toThrow(
      /^FAULTLINE_EXPLORE EXPLORE: .*\n.*1234:5:0:1; got "soon"/,
    );
  });
});
