import { describe, expect, it } from "vitest";
import { programConfig } from "../../../src/lab/run/config.ts";

describe("settings of a program", () => {
  it("reach it as whole milliseconds under the key with its unit", () => {
    expect(
      programConfig({ electionTimeout: "300ms", poll: "1.5s", leases: "strict", isolation: true, factor: 1.5 }),
    ).toEqual({
      electionTimeoutMs: 300,
      pollMs: 1_500,
      leases: "strict",
      isolation: true,
      factor: 1.5,
    });
  });

  it("are rounded down, and nested ones are converted too", () => {
    expect(programConfig({ retry: { after: "1500us", names: ["n1"] } })).toEqual({
      retry: { afterMs: 1, names: ["n1"] },
    });
  });

  it("may be lists of moments", () => {
    expect(programConfig({ syncAt: ["1s", "1.5s"], mixed: ["1s", "n1"], none: [] })).toEqual({
      syncAtMs: [1_000, 1_500],
      mixed: ["1s", "n1"],
      none: [],
    });
  });
});
