import { describe, expect, it } from "vitest";
import { TraceWriter } from "../../../src/trace/trace-writer.ts";
import { ExpectJudge } from "../../../src/lab/run/expects.ts";
import type { ExpectSpec } from "../../../src/lab/scenario/model.ts";

const SECOND = 1_000_000;
const NODES = ["n1", "n2", "n3"];

/** Writes records at seconds and judges one expectation on them. */
function judge(spec: Partial<ExpectSpec>, write: (at: (seconds: number) => TraceWriter) => void, end = 60) {
  const judged = new ExpectJudge([{ never: false, state: { role: "leader" }, ...spec }], NODES);
  const trace = new TraceWriter({ keep: false, listeners: [judged] });
  write((seconds) => {
    trace.time = seconds * SECOND;
    return trace;
  });
  const [one] = judged.finish(end * SECOND);
  if (one === undefined) throw new Error("Nothing was judged.");
  return one;
}

const cut = {
  groups: JSON.stringify([["n1"], ["n2", "n3"]]),
  roles: JSON.stringify({ leader: ["n1"] }),
  kind: "partition",
  spec: "{}",
};

describe("an expectation", () => {
  const inMajority = { "some-of": "cut.group[1]", within: 2 * SECOND, after: "cut.start" } as const;

  it("holds when one of a group reaches the state within the window", () => {
    const { outcome } = judge(inMajority, (at) => {
      at(10).fault("start", "cut", cut);
      at(11).state(0, "n3", "role", "leader");
    });
    expect(outcome).toMatchObject({
      held: true,
      at: 11 * SECOND,
      text: "some of cut.group[1] (n2 n3) role=leader within 2s of cut.start",
    });
  });

  it("fails when the state comes after the window, and says what was there instead", () => {
    const { outcome, undecided } = judge(inMajority, (at) => {
      at(10).fault("start", "cut", cut);
      at(13).state(0, "n3", "role", "leader");
    });
    expect(undecided).toBe(false);
    expect(outcome).toMatchObject({ held: false, at: 12 * SECOND });
    expect(outcome.reason).toContain("n2 role=?");
  });

  it("counts a state that already held when its window opened", () => {
    const { outcome } = judge(inMajority, (at) => {
      at(5).state(0, "n2", "role", "leader");
      at(10).fault("start", "cut", cut);
    });
    expect(outcome).toMatchObject({ held: true, at: 10 * SECOND });
  });

  it("knows whom a role meant when the fault started", () => {
    const { outcome } = judge(
      { node: "cut.leader", state: { fence: "fenced" }, within: SECOND, after: "cut.start" },
      (at) => {
        at(10).fault("start", "cut", cut);
        at(10.2).state(0, "n2", "fence", "fenced");
        at(10.5).state(0, "n1", "fence", "fenced");
      },
    );
    expect(outcome).toMatchObject({ held: true, at: 10.5 * SECOND });
  });

  it("wants all keys at one moment", () => {
    const both = { node: "n1", state: { role: "follower", coordinator: "healthy" }, by: 20 * SECOND };
    const apart = judge(both, (at) => {
      at(1).state(0, "n1", "role", "follower");
      at(2).state(0, "n1", "role", "leader");
      at(3).state(0, "n1", "coordinator", "healthy");
    });
    expect(apart.outcome.held).toBe(false);
    const together = judge(both, (at) => {
      at(1).state(0, "n1", "role", "follower");
      at(3).state(0, "n1", "coordinator", "healthy");
    });
    expect(together.outcome).toMatchObject({ held: true, at: 3 * SECOND });
  });

  it("forgets the states of a process that ended", () => {
    const { outcome } = judge({ node: "n1", by: 20 * SECOND, lasting: 5 * SECOND }, (at) => {
      at(1).state(0, "n1", "role", "leader");
      at(3).state(1, "n1", "process", "down");
      at(4).state(1, "n1", "process", "up");
    });
    expect(outcome.held).toBe(false);
  });

  it("may have to last", () => {
    const lasting = { node: "n1", by: 20 * SECOND, lasting: 5 * SECOND };
    const flapping = judge(lasting, (at) => {
      for (const second of [1, 4, 7]) {
        at(second).state(0, "n1", "role", "leader");
        at(second + 2).state(0, "n1", "role", "follower");
      }
    });
    expect(flapping.outcome.held).toBe(false);
    const steady = judge(lasting, (at) => {
      at(1).state(0, "n1", "role", "leader");
      at(2).state(0, "n1", "role", "follower");
      at(9).state(0, "n1", "role", "leader");
    });
    expect(steady.outcome).toMatchObject({ held: true, at: 9 * SECOND });
  });

  it("may forbid", () => {
    const never = { "some-of": "all", never: true, by: 20 * SECOND };
    expect(judge(never, () => undefined).outcome.held).toBe(true);
    const broken = judge(never, (at) => at(3).state(0, "n2", "role", "leader"));
    expect(broken.outcome).toMatchObject({ held: false, at: 3 * SECOND });
    expect(judge(never, (at) => at(21).state(0, "n2", "role", "leader")).outcome.held).toBe(true);
  });

  it("is undecided when its fault never came, or the run ended before its window", () => {
    expect(judge(inMajority, () => undefined)).toMatchObject({
      undecided: true,
      outcome: { held: false, reason: "cut.start never came." },
    });
    const short = judge(inMajority, (at) => at(10).fault("start", "cut", cut), 11);
    expect(short).toMatchObject({ undecided: true, outcome: { held: false } });
  });
});

describe("an expectation about names", () => {
  it("means everybody but one with not", () => {
    const others = { "some-of": "not cut.leader", state: { role: "leader" }, within: SECOND, after: "cut.start" };
    const oldLeader = judge(others, (at) => {
      at(1).state(0, "n1", "role", "leader");
      at(10).fault("start", "cut", cut);
    });
    expect(oldLeader.outcome.held).toBe(false);
    const rival = judge(others, (at) => {
      at(10).fault("start", "cut", cut);
      at(10.5).state(0, "n3", "role", "leader");
    });
    expect(rival.outcome.text).toBe("some of not cut.leader (n2 n3) role=leader within 1s of cut.start");
    expect(rival.outcome.held).toBe(true);
  });

  it("puts the node a fault meant into keys and values", () => {
    const state = { "isolates>{cut.leader}": "yes", view: "{not cut.leader}" };
    const { outcome } = judge({ node: "n2", state, within: SECOND, after: "cut.start" }, (at) => {
      at(1).state(0, "n2", "view", "n2 n3");
      at(10).fault("start", "cut", cut);
      at(10.5).state(0, "n2", "isolates>n1", "yes");
    });
    expect(outcome).toMatchObject({ held: true, at: 10.5 * SECOND });
    expect(outcome.text).toContain("isolates>n1=yes view=n2 n3");
  });

  it("may be forbidden until the end of the run", () => {
    const never = { "some-of": "not cut.leader", never: true, after: "cut.start" };
    const start = (at: (seconds: number) => TraceWriter): unknown => at(10).fault("start", "cut", cut);
    expect(judge(never, start).outcome).toMatchObject({ held: true, at: 60 * SECOND });
    const late = judge(never, (at) => {
      start(at);
      at(59).state(0, "n3", "role", "leader");
    });
    expect(late.outcome).toMatchObject({ held: false, at: 59 * SECOND, reason: "It happened at 59.000 s." });
  });
});
