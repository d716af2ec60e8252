import { describe, expect, it } from "vitest";
import { sweepPageModel } from "../../src/cli/sweep-page.ts";
import { groupFailures, type Failure } from "../../src/lab/explore/failure.ts";
import type { SweepResult } from "../../src/lab/explore/sweep-result.ts";
import { EMPTY_TALLY } from "../../src/lab/explore/tally.ts";
import { CELLS_MAX } from "../../src/lab/report/runs-page.ts";

const failure = (place: number, fingerprint: string): Failure => ({
  place,
  seed: String((place % 1000) + 1),
  outcome: "violated",
  exitCode: 1,
  fingerprint,
  what: ["single-primary"],
  message: "Two nodes had write access.",
  time: 1,
  records: 100 + place,
  digest: "00",
});

/** A thousand seeds of two scenarios, of which the last hundred did not run. */
function swept(failures: readonly Failure[]): SweepResult {
  const scenario = (name: string): SweepResult["plan"]["scenarios"][0] => ({ name, path: `${name}.yaml`, hash: name });
  const tally = {
    ...EMPTY_TALLY,
    runs: 1000,
    checkers: {
      "single-primary": { judged: 5, holds: 998, violated: 2, inconclusive: 0, "not-exercised": 0 },
      "lock-mutex": { judged: 0, holds: 0, violated: 0, inconclusive: 0, "not-exercised": 1000 },
    },
    faults: { cut: { planned: 1000, started: 1000, touched: 0, touches: 0 } },
    probes: { "a leader was fenced": 7 },
  };
  return {
    schema: 1,
    kind: "sweep",
    tool: { name: "faultline", version: "0.1.0" },
    plan: { scenarios: [scenario("calm"), scenario("storm")], seeds: "1..1000", plans: "scenario" },
    total: 2000,
    spans: [{ from: 0, to: 1900 }],
    tallies: [EMPTY_TALLY, tally],
    failures,
    groups: groupFailures(failures),
  };
}

const options = {
  replayLine: (seed: string, scenario: number) => `replay ${String(scenario)} ${seed}`,
  hrefOf: (scenario: number, seed: string) => (seed === "1" ? `storm-${String(scenario)}/timeline.html` : undefined),
};

describe("the page of a sweep", () => {
  const result = swept([failure(1000, "a"), failure(1001, "a"), failure(1500, "b")]);
  const model = sweepPageModel(result, options);
  const [calm, storm] = model.rows;

  it("has a cell for so many seeds that all of them fit, and counts every run once", () => {
    expect(calm?.cells.length).toBeLessThanOrEqual(CELLS_MAX);
    expect(calm?.cells[0]?.seeds).toBe("1 to 3");
    const sum = model.rows.flatMap(({ cells }) => cells).reduce((runs, cell) => runs + cell.runs, 0);
    expect([sum, model.runs, model.planned]).toEqual([1900, 1900, 2000]);
    expect(storm?.cells.at(-1)).toEqual({ seeds: "1000", runs: 0, failed: 0, way: -2 });
  });

  it("shows failures where they are, by their way, with the timeline that was written", () => {
    expect(calm?.cells.every(({ failed, way }) => failed === 0 && way === -1)).toBe(true);
    expect(storm?.cells[0]).toEqual({ seeds: "1 to 3", runs: 3, failed: 2, way: 0, href: "storm-1/timeline.html" });
    expect(storm?.cells.filter(({ way }) => way === 1).map(({ seeds }) => seeds)).toEqual(["499 to 501"]);
    expect(model.ways.map(({ scenario, count, replay }) => [scenario, count, replay])).toEqual([
      ["storm", 2, "replay 1 1"],
      ["storm", 1, "replay 1 501"],
    ]);
  });

  it("tells what was judged, and at the end what never happened", () => {
    expect(model.coverage.map(({ of, runs }) => [of, runs])).toEqual([["storm", 1000]]);
    expect(model.coverage[0]?.rows.map(({ name, words, state }) => [name, words, state])).toEqual([
      ["single-primary", "violated in 2, 5 judged in 1,000", "bad"],
      ["a leader was fenced", "in 7", "good"],
      ["lock-mutex", "nothing to judge", "never"],
      ["cut", "touched nothing in 1,000", "never"],
    ]);
  });
});
