import { describe, expect, it } from "vitest";
import { replayRun, runScenario, shrinkScenario, sweepScenario, fingerprintOf } from "../../../src/index.ts";
import { crowded, quiet, split } from "../../integrations/vitest/bully.ts";

describe("sweepScenario", () => {
  it("runs every seed, and groups what fails by how it failed", async () => {
    const seen: string[] = [];
    const result = await sweepScenario(split, {
      seeds: "1..4",
      onRun: ({ place, exitCode, what }) => seen.push(`${String(place)} ${String(exitCode)} ${what}`),
    });
    expect(seen).toEqual([0, 1, 2, 3].map((place) => `${String(place)} 1 test-one-leader`));
    expect(result).toMatchObject({ total: 4, spans: [{ from: 0, to: 4 }] });
    expect(result.groups.map(({ count, first }) => ({ count, first }))).toEqual([{ count: 4, first: "1" }]);
    const { result: one, trace } = await runScenario(split, { seed: "1", keepTrace: true });
    expect(result.groups[0]?.fingerprint).toBe(fingerprintOf(one, trace!));
  });

  it("draws faults when it is asked to, and ends when it is told to", async () => {
    const drawn = await sweepScenario(quiet, { seeds: "1..6", plans: "random" });
    expect(drawn.failures.length).toBeGreaterThan(0);
    expect((await sweepScenario(quiet, { seeds: "1..6" })).failures).toEqual([]);
    const ended = await sweepScenario(split, { seeds: "1..4", signal: AbortSignal.abort(130) });
    expect(ended.spans).toEqual([]);
  });
});

describe("shrinkScenario", () => {
  it("leaves the faults that the failure needs, and says where it was found", async () => {
    const steps: number[] = [];
    const shrunk = await shrinkScenario(crowded, { seed: "1", onStep: ({ faults }) => steps.push(faults) });
    expect(shrunk.scenario.faults?.map(({ kind }) => kind)).toEqual(["partition"]);
    expect(shrunk).toMatchObject({
      isMinimal: true,
      scenario: { found: { seed: "1", fingerprint: shrunk.fingerprint } },
    });
    expect(steps.at(-1)).toBe(1);
    const again = await runScenario(shrunk.scenario, { seed: "1" });
    expect(again.result.exitCode).toBe(1);
  });

  it("refuses a seed at which it passes", async () => {
    await expect(shrinkScenario(quiet, { seed: "1" })).rejects.toThrow(
      "SHRINK: The scenario quiet passes at seed 1.\n  Expected a seed at which it fails.",
    );
  });
});

describe("replayRun", () => {
  it("makes the same run of a stored result, and tells where a changed one parts", async () => {
    const first = await runScenario(split, { seed: "1", keepTrace: true });
    const stored = JSON.parse(JSON.stringify(first.result)) as typeof first.result;
    expect(await replayRun({ result: stored })).toMatchObject({ isSame: true, run: { result: { seed: "1" } } });
    const other = await runScenario(split, { seed: "2", keepTrace: true });
    const replayed = await replayRun({ result: { ...stored, digest: other.result.digest }, trace: other.trace });
    expect(replayed.isSame).toBe(false);
    expect(replayed.divergence?.first).not.toBe(replayed.divergence?.second);
  });
});
