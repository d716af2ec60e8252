import { describe, expect, it } from "vitest";
import { searchPlans } from "../../../src/lab/explore/search-plans.ts";
import { runScenario } from "../../../src/lab/run/run-scenario.ts";
import { quiet, split } from "../../integrations/vitest/bully.ts";

describe("a search of plans", () => {
  it("finds faults that break a scenario, and makes them few", async () => {
    const { runs, found } = await searchPlans(quiet, { seed: 1, runs: 20 });
    expect(runs).toBeLessThanOrEqual(20);
    expect(found?.fingerprint).toMatch(/^test-one-leader:/);
    // Whatever parts the nodes, or stops one: one fault is enough for two leaders.
    expect(found?.input.faults).toHaveLength(1);
    expect(found?.shrinks).toBeGreaterThan(0);
    // It fails on its own.
    const again = await runScenario(found!.input, { seed: found!.seed });
    expect(again.result.digest).toBe(found?.run.result.digest);
    expect(again.result.exitCode).toBe(1);
  });

  it("finds the same again, at once, when it begins with the seed and the path of a find", async () => {
    const first = await searchPlans(quiet, { seed: 1, runs: 20 });
    const again = await searchPlans(quiet, { seed: 1, path: first.found!.path, runs: 20 });
    expect(again).toMatchObject({ runs: 1, found: { shrinks: 0, seed: first.found?.seed } });
    expect(again.found?.input).toEqual(first.found?.input);
  });

  it("takes what a judge throws for a failure, and keeps what it threw", async () => {
    const { found } = await searchPlans(
      { ...quiet, checks: [] },
      {
        seed: 1,
        runs: 3,
        shrinkRuns: 5,
        judge: ({ result, trace, seed }) => {
          expect(trace.count).toBe(result.counts.records);
          expect(seed).toBe(result.seed);
          throw new RangeError("too many");
        },
      },
    );
    expect(found).toMatchObject({ fingerprint: "judge:RangeError", thrown: new RangeError("too many") });
  });

  it("says how many plans held, and makes a failure smaller with so many runs at most", async () => {
    let judged = 0;
    const judge = (): void => {
      judged++;
    };
    expect(await searchPlans({ ...quiet, checks: [] }, { seed: 1, runs: 3, judge })).toEqual({ runs: 3 });
    expect(judged).toBe(3);
    const { found } = await searchPlans(quiet, { seed: 1, runs: 20, shrinkRuns: 0 });
    expect(found?.shrinks).toBe(0);
  });

  it("ends when it is told to, and refuses a scenario that is not right", async () => {
    expect(await searchPlans(quiet, { seed: 1, runs: 5, signal: AbortSignal.abort() })).toEqual({ runs: 0 });
    await expect(searchPlans({ ...split, duration: "soon" }, { seed: 1 })).rejects.toThrow("SCENARIO_");
  });
});
