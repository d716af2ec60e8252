import { describe, expect, it } from "vitest";
import type { FaultOutcome } from "../../../src/trace/result.ts";
import type { Verdict, VerdictKind } from "../../../src/trace/verdict.ts";
import { decideOutcome, worstExitCode } from "../../../src/lab/run/outcome.ts";

const verdict = (kind: VerdictKind): Verdict => ({
  checker: "c",
  invariant: "",
  rule: "",
  title: "",
  verdict: kind,
  judged: 1,
});
const fault = (touched: number, optional: boolean): FaultOutcome => ({
  id: "f",
  kind: "partition",
  spec: {},
  startedAt: 0,
  stoppedAt: 1,
  groups: [],
  roles: {},
  touched,
  optional,
});
const broken = { undecided: false, outcome: { text: "", held: false, at: 0 } };
const undecided = { undecided: true, outcome: { text: "", held: false, at: 0 } };
const nothing = { verdicts: [verdict("holds"), verdict("not-exercised")], expects: [], faults: [fault(3, false)] };

describe("the outcome of a run", () => {
  it.each([
    ["all hold", nothing, "holds", 0],
    ["a violation", { ...nothing, verdicts: [verdict("holds"), verdict("violated")] }, "violated", 1],
    ["an expectation that was not met", { ...nothing, expects: [broken] }, "violated", 1],
    ["an expectation the run was too short for", { ...nothing, expects: [undecided] }, "inconclusive", 3],
    ["an inconclusive checker", { ...nothing, verdicts: [verdict("inconclusive")] }, "inconclusive", 3],
    ["a fault that touched nothing", { ...nothing, faults: [fault(0, false)] }, "inert-fault", 5],
    ["an optional fault that touched nothing", { ...nothing, faults: [fault(0, true)] }, "holds", 0],
    ["an escape", { ...nothing, error: "ESCAPE" }, "non-deterministic", 4],
    ["a bound on events", { ...nothing, error: "EVENT_LIMIT" }, "inconclusive", 3],
    ["a machine that stood still", { ...nothing, error: "STARVED" }, "inconclusive", 3],
    ["code that never rests", { ...nothing, error: "DRAIN_WITHOUT_END" }, "violated", 1],
    ["a bug of the tool", { ...nothing, error: "INTERNAL" }, "internal-error", 70],
    ["a signal", { ...nothing, expects: [undecided], signalExit: 143 }, "interrupted", 143],
  ] as const)("of %s", (_, evidence, outcome, exitCode) => {
    expect(decideOutcome(evidence)).toEqual({ outcome, exitCode });
  });

  it("puts 4 before 70 before 1 before 5 before 3", () => {
    const worst = { verdicts: [verdict("violated"), verdict("inconclusive")], expects: [], faults: [fault(0, false)] };
    expect(decideOutcome({ ...worst, error: "ESCAPE" }).exitCode).toBe(4);
    expect(decideOutcome({ ...worst, error: "INTERNAL" }).exitCode).toBe(70);
    expect(decideOutcome(worst).exitCode).toBe(1);
    expect(decideOutcome({ ...worst, verdicts: [verdict("inconclusive")] }).exitCode).toBe(5);
    expect(worstExitCode([0, 3, 5])).toBe(5);
    expect(worstExitCode([0, 70, 4])).toBe(4);
    expect(worstExitCode([0, 0])).toBe(0);
  });
});
