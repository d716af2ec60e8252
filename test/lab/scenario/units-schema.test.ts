import { describe, expect, it } from "vitest";
import { z } from "zod";
import {
  durationSchema,
  latencySchema,
  parseShare,
  rateSchema,
  shareSchema,
} from "../../../src/lab/scenario/units-schema.ts";

describe("units in scenarios", () => {
  it("reads durations as integer microseconds", () => {
    expect(durationSchema().parse("300ms")).toBe(300_000);
    expect(durationSchema().parse("1.5s")).toBe(1_500_000);
    expect(durationSchema({ min: -10_000_000 }).parse("-2s")).toBe(-2_000_000);
  });

  it("refuses a bare number, a wrong unit and a negative duration", () => {
    for (const bad of [300, "300", "3 weeks", "-1s", ""]) expect(durationSchema().safeParse(bad).success).toBe(false);
  });

  it("reads rates as a count over a span", () => {
    expect(rateSchema.parse("50/s")).toEqual({ count: 50, per: 1_000_000 });
    expect(rateSchema.parse("6/min")).toEqual({ count: 6, per: 60_000_000 });
    for (const bad of [50, "50", "0/s", "5/fortnight"]) expect(rateSchema.safeParse(bad).success).toBe(false);
  });

  it("reads shares as parts per million, exactly", () => {
    expect(parseShare("0.1%")).toBe(1_000);
    expect(parseShare("100%")).toBe(1_000_000);
    expect(parseShare("12.3456%")).toBe(123_456);
    expect(parseShare("200ppm")).toBe(200);
    for (const bad of [0.1, "0.1", "101%", "-1%"]) expect(shareSchema.safeParse(bad).success).toBe(false);
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

  it("gives a JSON Schema of what is written, not of what is read", () => {
    expect(z.toJSONSchema(durationSchema(), { io: "input" })).toMatchObject({ type: "string" });
  });
});
