import { beforeAll, describe, expect, it } from "vitest";
import "../../../src/integrations/vitest/index.ts";
import { assertHolds } from "../../../src/integrations/vitest/assert-holds.ts";
import { ScenarioFailure } from "../../../src/integrations/vitest/scenario-failure.ts";
import { runScenario, type FinishedRun } from "../../../src/lab/run/run-scenario.ts";
import { quiet, split } from "./bully.ts";

let held: FinishedRun;
let broken: FinishedRun;
let raft: FinishedRun;
beforeAll(async () => {
  held = await runScenario(quiet, { seed: "1", keepTrace: true });
  broken = await runScenario(split, { seed: "1", keepTrace: true });
  const cluster = { name: "raft", nodes: [{ program: "ha-node", count: 3 }], duration: "4s" };
  raft = await runScenario(cluster, { seed: "1", keepTrace: true });
});

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("It did not throw.");
}

describe("matchers", () => {
  it("tell runs that hold from those that do not, with their records or without", () => {
    expect(held).toHold();
    expect(held.result).toHold();
    expect(broken).not.toHold();
    expect(broken).toViolate();
    expect(held).not.toViolate();
  });

  it("ask for one rule by the name of its checker or the number of its invariant", () => {
    expect(broken).toViolate("test-one-leader");
    expect(held).toHold("test-one-leader");
    expect(raft).toHold("I01");
    expect(raft).toHold("election-safety");
    expect(raft).toHaveExercised("I01");
    expect(raft).not.toHaveExercised("receipt-order");
    expect(raft).not.toHold("receipt-order");
  });

  it("say the story, the rule and the seed when a run should hold", () => {
    const message = messageOf(() => expect(broken).toHold());
    expect(message).toContain("Expected split (seed 1) to hold: test-one-leader violated at 2.300 s");
    expect(message).toContain("n2 became role=leader, and the rule was broken: At most one node leads.");
    expect(message).toMatch(/because {2}2\.000 s {2}fault cut \(partition\)/);
    expect(message).toContain("2.000 s              The network splits: n1 on one side, n2 n3 on the other. n1 leads.");
    expect(messageOf(() => expect(broken.result).toHold())).not.toContain("because");
  });

  it("say what came of a rule instead", () => {
    expect(messageOf(() => expect(held).toViolate("test-one-leader"))).toMatch(
      /^Expected test-one-leader to be violated in quiet \(seed 1\); it held, \d+ judged\n {2}The rule: At most one node leads\.$/,
    );
    expect(messageOf(() => expect(raft).toHaveExercised("receipt-order"))).toMatch(
      / to be exercised in raft .*; it was not exercised: /,
    );
    expect(messageOf(() => expect(broken).not.toViolate("test-one-leader"))).toMatch(
      /^Expected test-one-leader not to be violated/,
    );
    expect(messageOf(() => expect(held).not.toHold())).toMatch(/^Expected quiet \(seed 1\) not to hold, and it does/);
  });

  it("refuse rules that the run did not judge, and what is no run", () => {
    expect(messageOf(() => expect(raft).toHold("election-safty"))).toContain('Did you mean "election-safety"?');
    expect(messageOf(() => expect(held).toHold("I01"))).toContain(
      "It judged test-one-leader; a scenario asks for rules",
    );
    expect(messageOf(() => expect("held").toHold())).toContain("This is no run: string.");
  });

  it("have types, which vitest's own assertions keep", async () => {
    // @ts-expect-error -- A rule is text.
    expect(() => expect(held).toHold(8)).toThrow('A rule is named by text, as "election-safety" or "I08"; got 8.');
    // @ts-expect-error -- A rule is asked for.
    expect(() => expect(held).toHaveExercised()).toThrow("got undefined.");
    await expect(Promise.resolve(held)).resolves.toHold();
    const later: Promise<void> = expect(held).toBeDeterministic();
    await later;
    expect(held.result.seed).toBe("1");
  });

  it("find that a run is the same when it runs again, and where another one parts from it", async () => {
    await expect(broken).toBeDeterministic();
    const other = await runScenario(split, { seed: "2", keepTrace: true });
    // As if seed 1 had given what seed 2 did.
    const forged = { ...other, result: { ...other.result, seed: "1" } };
    await expect(forged).not.toBeDeterministic();
    await expect(async () => expect(forged).toBeDeterministic()).rejects.toThrow(
      /From record \d+ on it is another:\n {2}first {2}\S+/,
    );
  });
});

describe("assertHolds", () => {
  it("passes what holds, as a whole or for the rules it is asked for", () => {
    expect(() => assertHolds(held)).not.toThrow();
    expect(() => assertHolds(raft.result, ["I01", "election-safety"])).not.toThrow();
  });

  it("throws one error with the story and the seed, which carries the run but shows no more than its message", () => {
    const failure = expect.objectContaining({ name: "ScenarioFailure" });
    expect(() => assertHolds(broken)).toThrow(failure);
    try {
      assertHolds(broken);
    } catch (error) {
      expect(error).toBeInstanceOf(ScenarioFailure);
      expect((error as ScenarioFailure).run).toBe(broken);
      expect(Object.keys(error as object)).toEqual(["name"]);
      expect((error as Error).message).toMatch(/^split: test-one-leader violated at 2\.300 s {2}seed=1\n\n/);
      expect((error as Error).stack).toContain("matchers.test.ts");
      expect((error as Error).stack).not.toContain("assert-holds.ts");
    }
  });

  it("takes a rule that judged nothing for a failure when it is asked for by name", () => {
    expect(() => assertHolds(raft, ["receipt-order"])).toThrow(/^raft: receipt-order was not exercised: .* {2}seed=1/);
    expect(() => assertHolds(broken, ["test-one-leader"])).toThrow(/^split: test-one-leader was violated: n2 became/);
  });
});
