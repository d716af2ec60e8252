import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Rng, RngStream } from "../../../src/sim/kernel/rng.ts";
import { compileLatency, type LatencySpec } from "../../../src/sim/network/distributions.ts";
import { exactExp, exactLn, normalQuantiles } from "../../../src/sim/network/exact-math.ts";

/** A stream whose every draw is the same point of the distribution. */
function fixedStream(probability: number): RngStream {
  const stream = new RngStream(1, 2, 3, 4);
  stream.uint32 = () => Math.floor(probability * 4294967296);
  return stream;
}

function quantiles(spec: LatencySpec, probabilities: readonly number[]): number[] {
  const sample = compileLatency(spec);
  return probabilities.map((probability) => sample(fixedStream(probability)));
}

const ALL: readonly LatencySpec[] = [
  { constant: 5 },
  { uniform: { min: 1_000, max: 10_000 } },
  { logNormal: { median: 2_000, p99: 10_000 } },
  { heavyTail: { min: 500, median: 2_000, max: 400_000 } },
];
const POINTS = [0, 0.01, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 0.9999, 0.9999999];

describe("latency distributions", () => {
  it.each([
    [ALL[0], [5, 5, 5, 5, 5, 5, 5, 5, 5, 5]],
    [ALL[1], [1_000, 1_090, 3_250, 5_500, 7_750, 9_100, 9_910, 9_991, 10_000, 10_000]],
    [ALL[2], [125, 399, 1_254, 2_000, 3_189, 4_853, 9_999, 16_972, 28_051, 32_022]],
    [ALL[3], [500, 529, 1_250, 2_000, 4_000, 9_999, 99_999, 400_000, 400_000, 400_000]],
  ] as const)("%j has these quantiles, to the microsecond", (spec, expected) => {
    expect(quantiles(spec as LatencySpec, POINTS)).toEqual(expected);
  });

  it.each(ALL)("%j gives integers that grow with the draw, and takes one draw each", (spec) => {
    const sample = compileLatency(spec);
    let before = 0;
    for (let i = 0; i < 10_000; i++) {
      const value = sample(fixedStream(i / 10_000));
      if (!Number.isInteger(value) || value < before) expect([i, value]).toBe("an integer that grows");
      before = value;
    }
    const [used, counted] = [new Rng("s").stream("x"), new Rng("s").stream("x")];
    for (let i = 0; i < 10; i++) {
      sample(used);
      counted.uint32();
    }
    expect(used.uint32()).toBe(counted.uint32());
  });

  it("draws a log-normal latency about as often below its median as above, and one in a hundred above its p99", () => {
    const sample = compileLatency({ logNormal: { median: 2_000, p99: 10_000 } });
    const random = new Rng("s").stream("latency");
    const values = Array.from({ length: 100_000 }, () => sample(random));
    expect(values.filter((value) => value < 2_000).length / 1_000).toBeCloseTo(50, 0);
    expect(values.filter((value) => value > 10_000).length / 1_000).toBeCloseTo(1, 0);
  });

  it.each([
    { constant: -1 },
    { constant: 1.5 },
    { constant: NaN },
    { constant: 3_600_000_001 },
    { uniform: { min: 2, max: 1 } },
    { logNormal: { median: 10, p99: 9 } },
    { heavyTail: { min: 1, median: 3, max: 2 } },
  ])("refuses %j", (spec) => {
    expect(() => compileLatency(spec)).toThrow(expect.objectContaining({ code: "LATENCY_RANGE" }) as Error);
  });

  it("takes what is flat: equal bounds, a median of 0", () => {
    expect(quantiles({ logNormal: { median: 0, p99: 9 } }, [0.5, 0.99])).toEqual([0, 0]);
    expect(quantiles({ logNormal: { median: 7, p99: 7 } }, [0.1, 0.9])).toEqual([7, 7]);
    expect(quantiles({ heavyTail: { min: 3, median: 3, max: 3 } }, [0, 0.5, 0.999])).toEqual([3, 3, 3]);
  });
});

describe("exact mathematics", () => {
  it("agrees with the runtime's own functions to 13 digits", () => {
    for (let x = -20; x <= 20; x += 0.37) expect(exactExp(x) / Math.exp(x)).toBeCloseTo(1, 13);
    for (const x of [1e-6, 0.3, 0.75, 1, 1.5, 2, Math.E, 10, 12_345.678, 1e9])
      expect(exactLn(x)).toBeCloseTo(Math.log(x), 12);
  });

  it("finds the normal quantiles of the tables", () => {
    const found = normalQuantiles([0.5, 0.8413447460685429, 0.975, 0.99, 0.999, 0.9999683287581669]);
    const tables = [0, 1, 1.959963984540054, 2.3263478740408408, 3.090232306167813, 4];
    found.forEach((z, i) => {
      expect(z).toBeCloseTo(tables[i] as number, 10);
    });
  });

  it("uses no function of the runtime whose bits are not fixed", () => {
    for (const file of ["exact-math.ts", "distributions.ts"]) {
      const text = readFileSync(join(import.meta.dirname, "../../../src/sim/network", file), "utf8");
      const used = new Set([...text.matchAll(/Math\.(\w+)/g)].map(([, name]) => name));
      expect([...used].filter((name) => name !== "floor" && name !== "ceil" && name !== "min")).toEqual([]);
      expect(text.replaceAll("/**", "")).not.toContain("**");
    }
  });
});
