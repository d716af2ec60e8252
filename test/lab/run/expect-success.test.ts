import { describe, expect, it } from "vitest";
import { TraceWriter } from "../../../src/trace/trace-writer.ts";
import { Expectations } from "../../../src/lab/run/expectations.ts";
import type { ExpectSpec } from "../../../src/lab/scenario/model.ts";

const SECOND = 1_000_000;

/** Operations as [second of the call, outcome]; a cut starts at 10 s. */
function judge(
  spec: Partial<ExpectSpec>,
  operations: readonly (readonly [number, "ok" | "fail" | "info"])[],
  end = 60,
) {
  const expectations = new Expectations([{ never: false, ...spec }], ["n1"]);
  const trace = new TraceWriter({ keep: false, listeners: expectations.listeners });
  const at = (seconds: number): TraceWriter => {
    trace.time = seconds * SECOND;
    return trace;
  };
  let isCut = false;
  for (const [second, outcome] of operations) {
    if (!isCut && second >= 10) at(10).fault("start", "cut", {});
    isCut ||= second >= 10;
    const invoke = at(second).invoke("c1", "write", "k");
    at(second + 0.5).complete("c1", invoke, outcome);
  }
  return expectations.finish(end * SECOND)[0];
}

describe("an expectation about operations", () => {
  it("holds when enough of those begun in the window end ok", () => {
    const judged = judge({ succeed: 750_000, within: 10 * SECOND, after: "cut.start" }, [
      [5, "fail"],
      [11, "ok"],
      [12, "ok"],
      [13, "ok"],
      [14, "info"],
      [30, "fail"],
    ]);
    expect(judged).toMatchObject({
      undecided: false,
      outcome: { held: true, text: "75% of the operations begun within 10s of cut.start succeed: 3 of 4 did" },
    });
  });

  it("fails when too few do", () => {
    const judged = judge({ succeed: 760_000, by: 20 * SECOND }, [
      [11, "ok"],
      [12, "ok"],
      [13, "ok"],
      [14, "fail"],
    ]);
    expect(judged).toMatchObject({ undecided: false, outcome: { held: false, reason: "3 of 4 did." } });
  });

  it("is undecided when none began, its fault never came, or the run ended first with enough so far", () => {
    expect(judge({ succeed: 1, by: 20 * SECOND }, [])?.undecided).toBe(true);
    expect(judge({ succeed: 1, after: "cut.start" }, [[5, "ok"]])).toMatchObject({ undecided: true });
    expect(judge({ succeed: 1, within: 90 * SECOND, after: "cut.start" }, [[11, "ok"]])?.undecided).toBe(true);
  });

  it("is judged to the end of the run when no end is given", () => {
    expect(judge({ succeed: 1_000_000, after: "cut.start" }, [[59, "ok"]])).toMatchObject({
      undecided: false,
      outcome: { held: true },
    });
  });
});
