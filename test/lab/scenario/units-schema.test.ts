import { describe, expect, it } from "vitest";
import { latencySchema, rateSchema } from "../../../src/lab/scenario/units-schema.ts";

describe("units in scenarios", () => {
  it("reads rates as a count over a span", () => {
    expect(rateSchema.parse("50/s")).toEqual({ count: 50, per: 1_000_000 });
    expect(rateSchema.parse("6/min")).toEqual({ count: 6, per: 60_000_000 });
    for (const bad of [50, "50", "0/s", "5/fortnight"]) expect(rateSchema.safeParse(bad).success).toBe(false);
  });

  it("reads latencies of every shape and refuses disordered ones", () => {
    expect(latencySchema.parse({ constant: "2ms" })).toEqual({ constant: 2_000 });
    expect(latencySchema.parse({ logNormal: { median: "2ms", p99: "12ms" } })).toEqual({
      logNormal: { median: 2_000, p99: 12_000 },
    });
    expect(latencySchema.safeParse({ uniform: { min: "5ms", max: "2ms" } }).success).toBe(false);
    expect(latencySchema.safeParse({ heavyTail: { min: "1ms", median: "9ms", max: "5ms" } }).success).toBe(false);
    expect(latencySchema.safeParse({ logNormal: { median: "2ms" } }).success).toBe(false);
  });
});
