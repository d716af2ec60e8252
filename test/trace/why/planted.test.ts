import { describe, expect, it } from "vitest";
import { recordText } from "../../../src/lab/report/text-trace.ts";
import { runScenario } from "../../../src/lab/run/run-scenario.ts";
import type { ScenarioInput } from "../../../src/lab/scenario/model.ts";
import { whySlice } from "../../../src/trace/why/slice.ts";
import type { WhyRole } from "../../../src/trace/why/why-slice.ts";
import { bullies, lateOrder, pausedHolder } from "./planted-programs.ts";

/** The records of the slice of a failing run, by role, as text without times. */
async function slice(scenario: ScenarioInput): Promise<Record<WhyRole, string[]> & { faults: string[] }> {
  const { result, trace } = await runScenario(scenario, { seed: "1", keepTrace: true });
  const violation = result.verdicts.find((verdict) => verdict.violation !== undefined)?.violation;
  if (violation === undefined || trace === undefined) throw new Error("the run did not fail");
  const { records, faults } = whySlice(trace, violation);
  expect(records.length).toBeLessThanOrEqual(40);
  const texts = (role: WhyRole): string[] =>
    records.filter((one) => one.role === role).map(({ index }) => recordText(trace.record(index)).replace(/^\S+ /, ""));
  return {
    decisive: texts("decisive"),
    cause: texts("cause"),
    fault: texts("fault"),
    missing: texts("missing"),
    faults: faults.map(({ id }) => id),
  };
}

describe("why planted bugs of user programs show", () => {
  it("two leaders: the beat after which n2 leads, what n2 did not hear from n1, and the cut", async () => {
    const why = await slice(bullies);
    expect(why.decisive).toEqual(["n2 timer beat", "n2 role=leader"]);
    expect(why.missing).toContainEqual(expect.stringMatching(/^n2 x- n1 bully\.alive #\d+ partition by cut$/));
    expect(why.faults).toEqual(["cut"]);
  });

  it("two holders: the timer that no renewal reset, who had reset it last, and the pause of the other", async () => {
    const why = await slice(pausedHolder);
    expect(why.decisive).toEqual(["n2 timer expiry", "n2 lease=held"]);
    expect(why.cause).toContainEqual(expect.stringMatching(/^n2 <- n1 lease\.renew/));
    expect(why.cause).toContain("n1 process=paused incarnation=1 reason=pause");
    expect(why.faults).toEqual(["nap"]);
  });

  it("an order that comes late: its delivery, its sending, and the delay", async () => {
    const why = await slice(lateOrder);
    expect(why.decisive).toEqual([expect.stringMatching(/^n2 <- n1 door\.open/), "n2 door=open"]);
    expect(why.cause).toContain("n1 -> n2 door.open");
    expect(why.faults).toEqual(["slow"]);
  });
});
