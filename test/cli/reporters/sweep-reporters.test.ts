import { describe, expect, it } from "vitest";
import { reporterChoice } from "../../../src/cli/reporters/names.ts";
import { sweepJunit, sweepJsonl, sweepText, type ToldSweep } from "../../../src/cli/reporters/sweep-formats.ts";
import { SWEEP_REPORTERS, tellSweep } from "../../../src/cli/reporters/sweep-reporters.ts";
import { replayOfSweep } from "../../../src/cli/sweep-replay.ts";
import { coverageExitCode, uncovered } from "../../../src/lab/explore/coverage.ts";
import type { Failure } from "../../../src/lab/explore/failure.ts";
import { mergeSweeps } from "../../../src/lab/explore/merge.ts";
import { PartSum } from "../../../src/lab/explore/part.ts";
import { sweepResultOf, type SweepResult } from "../../../src/lab/explore/sweep-result.ts";
import { EMPTY_TALLY, type Tally } from "../../../src/lab/explore/tally.ts";
import { resultOf, somePlan } from "../../lab/explore/some-parts.ts";
import { junitProblems } from "./junit-schema.ts";

const plan = { ...somePlan("1..10", ["alpha", "beta"]), plans: "scenario" as const };
const ODD = `a]]>b <c> & "d"\r\n::%|`;
const failure: Failure = {
  place: 3,
  seed: "4",
  outcome: "violated",
  exitCode: 1,
  fingerprint: "no-lost-ack: lost",
  what: ["no-lost-ack", "expect cut.leader fence=fenced"],
  message: ODD,
  time: 5,
  records: 9,
  digest: "0123456789abcdef",
};
const alpha: Tally = {
  ...EMPTY_TALLY,
  runs: 10,
  outcomes: { holds: 9, violated: 1 },
  checkers: {
    "no-lost-ack": { holds: 9, violated: 1, judged: 100 },
    "election-safety": { holds: 10, judged: 20 },
    "lock-mutex": { "not-exercised": 10 },
    "leader-exists": { inconclusive: 10 },
  },
  expects: { "cut.leader fence=fenced": { held: 9, failed: 1 } },
  faults: { crash: { planned: 4, touched: 3 }, wipe: { planned: 2, touched: 0 } },
  probes: { "a breaker opened": 0 },
  sometimes: { "two led": 0, "one led": 10 },
};

function result(): SweepResult {
  const sum = new PartSum();
  sum.add(0, alpha, [failure]);
  sum.add(1, { ...EMPTY_TALLY, runs: 10, outcomes: { holds: 10 } }, []);
  return sweepResultOf(plan, sum, { spans: [{ from: 0, to: 20 }] });
}

function told(change: Partial<ToldSweep> = {}): ToldSweep {
  return {
    result: result(),
    replayLine: replayOfSweep(plan),
    exitCode: 1,
    isCoverageRequired: false,
    startedAt: "2026-01-02T03:04:05.678Z",
    ...change,
  };
}

const casesIn = (xml: string): Record<string, string> =>
  Object.fromEntries(
    [...xml.matchAll(/<testcase classname="faultline.alpha" name="([^"]*)"[^>]*?(?:\/>|>\s*<(\w+))/g)].map(
      ([, name = "", state = "passed"]) => [name, state],
    ),
  );

describe("a sweep as JUnit", () => {
  it("is a suite a scenario and a case for each thing that all its runs were judged by", async () => {
    const xml = sweepJunit(told());
    expect(await junitProblems(xml)).toEqual([]);
    expect(casesIn(xml)).toEqual({
      "runs to its end": "passed",
      "no-lost-ack": "failure",
      "election-safety": "passed",
      "lock-mutex": "skipped",
      "leader-exists": "skipped",
      "expect cut.leader fence=fenced": "failure",
      "fault crash touches something": "passed",
      "fault wipe touches something": "skipped",
      "sometimes two led": "skipped",
      "sometimes one led": "passed",
    });
    expect(xml).toContain("first seed 4");
    expect(xml).toContain("digest 0123456789abcdef");
    expect(xml).toContain("replay faultline run scenarios/alpha.yaml --seed 4");
  });

  it("fails what never happened where that is asked for", () => {
    const cases = casesIn(sweepJunit(told({ isCoverageRequired: true })));
    expect(cases["sometimes two led"]).toBe("failure");
    expect(cases["fault wipe touches something"]).toBe("failure");
    expect(cases["sometimes one led"]).toBe("passed");
  });

  it("tells which runs did not come to an end, and which fault touched nothing", () => {
    const broken = {
      ...failure,
      place: 4,
      seed: "5",
      fingerprint: "ESCAPE",
      what: ["ESCAPE"],
      outcome: "non-deterministic",
    };
    const inert = {
      ...failure,
      place: 5,
      seed: "6",
      fingerprint: "inert",
      what: ["fault cut"],
      outcome: "inert-fault",
    };
    const sum = new PartSum();
    const faults = { cut: { planned: 10, touched: 9 } };
    sum.add(0, { ...alpha, faults, outcomes: { "non-deterministic": 1 } }, [broken as Failure, inert as Failure]);
    const cases = casesIn(sweepJunit(told({ result: sweepResultOf(plan, sum, { spans: [{ from: 0, to: 20 }] }) })));
    expect(cases["runs to its end"]).toBe("error");
    expect(cases["fault cut touches something"]).toBe("failure");
  });

  it("is the same of shards that were merged as of the whole", () => {
    const of = (whole: SweepResult): string =>
      sweepJunit(told({ result: whole, replayLine: replayOfSweep(whole.plan) }));
    const some = somePlan("1..40");
    const shards = [
      { file: "b", result: resultOf(some, { from: 20, to: 40 }, "2/2") },
      { file: "a", result: resultOf(some, { from: 0, to: 20 }, "1/2") },
    ];
    expect(of(mergeSweeps(shards))).toBe(of(resultOf(some, { from: 0, to: 40 })));
  });
});

describe("a sweep in other formats", () => {
  it("is lines of JSON: scenarios, failures, ways to fail, what never happened, the end", () => {
    const lines = sweepJsonl(told())
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(({ type }) => type)).toEqual([
      ...["scenario", "scenario", "failure", "way", "uncovered", "uncovered", "end"],
    ]);
    expect(lines[2]).toMatchObject({
      scenario: "alpha",
      seed: "4",
      replay: "faultline run scenarios/alpha.yaml --seed 4",
    });
    expect(lines.at(-1)).toEqual({ type: "end", runs: 20, planned: 20, failed: 1, exitCode: 1 });
  });

  it("annotates each thing that failed on GitHub, and fills the page of the job", async () => {
    const out = { stdout: "", stderr: "" };
    await tellSweep(told(), {
      choice: reporterChoice("github", undefined, SWEEP_REPORTERS),
      streams: {
        stdout: { write: (text: string) => (out.stdout += text) },
        stderr: { write: (text: string) => (out.stderr += text) },
      },
      env: { GITHUB_WORKSPACE: "." },
    });
    const annotations = out.stdout.split("\n").filter((line) => line.startsWith("::error "));
    expect(annotations).toHaveLength(2);
    expect(annotations[0]).toContain("file=scenarios/alpha.yaml");
    expect(annotations[0]).toContain("title=alpha%3A no-lost-ack (seeds 1..10)::Violated in 1 run.%0A");
    expect(out.stdout).toContain("never two led");
  });

  it("is a page, whose cells lead to the timelines that were written", async () => {
    const out = { stdout: "", stderr: "" };
    const stream = (name: keyof typeof out) => ({ write: (text: string) => (out[name] += text) });
    const folderOf = (seed: string): string => `reports/alpha-${seed}`;
    await tellSweep(
      { ...told(), folderOf },
      {
        choice: reporterChoice("html", undefined, SWEEP_REPORTERS),
        streams: { stdout: stream("stdout"), stderr: stream("stderr") },
        env: {},
      },
    );
    expect(out.stdout).toContain(">1 of 20 runs failed, in one way</h1>");
    expect(out.stdout).toContain('<a href="reports/alpha-4/timeline.html"><title>seed 4: failed, way A</title>');
    expect(out.stderr).toContain("20 runs, 1 failed in 1 way");
  });

  it.each([
    ["json", 'kind":"sweep"', "20 runs, 1 failed in 1 way"],
    ["jsonl", '{"type":"end"', "20 runs, 1 failed in 1 way"],
    ["junit", "<testsuites>", "20 runs, 1 failed in 1 way"],
  ])("leaves stdout to %s, and tells people on stderr", async (name, onStdout, onStderr) => {
    const out = { stdout: "", stderr: "" };
    await tellSweep(told(), {
      choice: reporterChoice(name, undefined, SWEEP_REPORTERS),
      streams: {
        stdout: { write: (text: string) => (out.stdout += text) },
        stderr: { write: (text: string) => (out.stderr += text) },
      },
      env: {},
    });
    expect(out.stdout).toContain(onStdout);
    expect(out.stdout).not.toContain("failed in 1 way");
    expect(out.stderr).toContain(onStderr);
  });

  it("refuses a reporter that tells single runs, with the nearest that a sweep has", () => {
    expect(() => reporterChoice("dot", undefined, SWEEP_REPORTERS)).toThrow(/one of default, github/);
    expect(() => reporterChoice("junitt", undefined, SWEEP_REPORTERS)).toThrow('Did you mean "junit"?');
  });
});

describe("coverage", () => {
  it("is what the scenarios ask for: what the package looks for is asked of nobody", () => {
    expect(uncovered(result())).toEqual([
      { scenario: "alpha", kind: "sometimes", name: "two led" },
      { scenario: "alpha", kind: "fault", name: "wipe" },
    ]);
    expect([coverageExitCode(result(), false), coverageExitCode(result(), true)]).toEqual([0, 3]);
  });

  it("is told by name where it is asked for", () => {
    expect(sweepText(told({ isCoverageRequired: true }))).toContain("  alpha: never two led\n");
    expect(sweepText(told())).not.toContain("--require-coverage");
  });
});

describe("the line that makes a failing seed again", () => {
  it("draws what the sweep drew", () => {
    const line = (plans: "scenario" | "written" | "random", written = false): string =>
      replayOfSweep({ ...plan, plans }, () => (written ? "reports/alpha-4" : undefined))("4", 0);
    expect(line("scenario")).toBe("faultline run scenarios/alpha.yaml --seed 4");
    expect(line("random")).toBe("faultline sweep scenarios/alpha.yaml --plans random --seeds 4");
    expect(line("random", true)).toBe("faultline replay reports/alpha-4");
    expect(line("written")).toBe("faultline sweep scenarios/alpha.yaml --plans written --seeds 4");
  });
});
