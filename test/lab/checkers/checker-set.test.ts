import { describe, expect, it } from "vitest";
import { CATALOGUE } from "../../../src/lab/checkers/catalogue.ts";
import { defineChecker } from "../../../src/lab/checkers/checker.ts";
import { CheckerSet, UnknownCheckerError } from "../../../src/lab/checkers/checker-set.ts";
import type { RunFacts } from "../../../src/lab/checkers/facts.ts";
import { replayTrace } from "../../../src/trace/listeners.ts";
import { TraceWriter } from "../../../src/trace/trace-writer.ts";
import type { Trace } from "../../../src/trace/trace.ts";
import { Scene } from "./scene.ts";

const RUN: RunFacts = {
  nodes: [{ id: "n1", program: "mine", role: "node", config: {} }],
  faults: [],
  endTime: 1_000,
  bounds: {},
};

const oddBeats = defineChecker("odd-beats", {
  title: "Beats are even",
  rule: "Every beat is even.",
  triggers: ["point:beat"],
  create: (context) => ({
    on(record) {
      if (record.kind !== "point") return;
      context.judged();
      const beat = record.fields["beat"];
      if (beat === "stop") context.inconclusive("the beat stopped");
      if (beat === "storm") context.premiseBroken("a storm came");
      if (typeof beat !== "number" || beat % 2 === 0) return;
      context.violated({
        record: record.id,
        time: record.time,
        nodes: [record.node],
        message: `beat ${String(beat)}`,
        expected: "even",
        observed: "odd",
      });
    },
  }),
});

function judge(
  checks: "all" | readonly string[],
  beats: readonly (number | string)[],
): ReturnType<CheckerSet["finish"]>[number] {
  const set = new CheckerSet({ run: RUN, checks, catalogue: [oddBeats] });
  const trace = new TraceWriter({ keep: false, listeners: set.listeners });
  for (const beat of beats) trace.point(0, "n1", "beat", { beat });
  const [verdict] = set.finish(1_000);
  if (verdict === undefined) throw new Error("no verdict");
  return verdict;
}

describe("verdicts", () => {
  it("holds with the number of records it judged", () => {
    expect(judge("all", [2, 4])).toMatchObject({ checker: "odd-beats", invariant: "", verdict: "holds", judged: 2 });
  });

  it("keeps the first violation and judges nothing after it", () => {
    expect(judge("all", [2, 3, 5])).toMatchObject({
      verdict: "violated",
      judged: 2,
      violation: { record: 1, message: "beat 3" },
    });
  });

  it("is not-exercised under all when nothing triggered it, and inconclusive when it was named", () => {
    expect(judge("all", [])).toMatchObject({
      verdict: "not-exercised",
      judged: 0,
      reason: "nothing to judge",
    });
    expect(judge(["odd-beats"], [])).toMatchObject({ verdict: "inconclusive", judged: 0 });
  });

  it("is not-exercised with the reason once a premise is broken, whatever follows", () => {
    expect(judge("all", [2, "storm", 3])).toMatchObject({ verdict: "not-exercised", reason: "a storm came" });
    expect(judge(["odd-beats"], [2, "storm", 3])).toMatchObject({ verdict: "inconclusive", reason: "a storm came" });
    expect(judge("all", [3, "storm"])).toMatchObject({ verdict: "violated" });
  });

  it("is inconclusive with the reason a checker gives", () => {
    expect(judge("all", [2, "stop"])).toMatchObject({ verdict: "inconclusive", reason: "the beat stopped" });
  });

  it("is not-exercised when the configuration breaks a premise before the first record", () => {
    const [verdict] = new Scene("all", { config: { leases: "off" } })
      .verdicts()
      .filter((one) => one.invariant === "I07");
    expect(verdict).toMatchObject({ verdict: "not-exercised", reason: "leases are off" });
  });
});

describe("names", () => {
  it("refuses an unknown name and tells the nearest", () => {
    const make = (): unknown => new CheckerSet({ run: RUN, checks: ["single-primry"], catalogue: CATALOGUE });
    expect(make).toThrow(UnknownCheckerError);
    expect(make).toThrow('no checker is called "single-primry". Did you mean "single-primary"?');
  });

  it("gives verdicts in the order in which checkers were named", () => {
    const scene = new Scene(["log-matching", "election-safety"]);
    expect(scene.verdicts().map((verdict) => verdict.checker)).toEqual(["log-matching", "election-safety"]);
  });

  it("has a name, a number, a title and a rule for every checker, each once", () => {
    expect(new Set(CATALOGUE.map((checker) => checker.name)).size).toBe(CATALOGUE.length);
    for (const checker of CATALOGUE) {
      expect(checker.name).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(checker.title.length).toBeLessThan(40);
      expect(checker.rule).toMatch(/^[A-Z].*\.$/);
    }
    const numbers = CATALOGUE.map((checker) => checker.invariant).filter((number) => number !== "");
    expect(numbers.join(" ")).toBe(
      "I01 I02 I03 I04 I05 I06 I07 I08 I09 I10 I11 I12 I13 I14 I15 I16 I17 I18 I19 I20 I21 I22 I23 I24 I25 I26 I27 I28 I29 I30 I31 I32 I33 I34 I35 I36 I37 I38 I39 I41 I42 I43 I44 I45 I46 I47 I48 I49 I50",
    );
  });
});

it("gives the same verdicts offline as online", () => {
  const scene = new Scene("all", { keep: true });
  scene.at(300).vote("n2", "n1", 1);
  scene.role("n1", "leader", 1);
  scene.heartbeat("n1", "n2", 1);
  scene.append(["n1", "n2"], 1, 1);
  scene.commit("n1", 1, 1);
  scene.at(900).heartbeat("n3", "n2", 1);
  const online = scene.verdicts(2_000);
  const offline = new CheckerSet({ run: scene.facts, checks: "all", catalogue: CATALOGUE });
  replayTrace(scene.trace.trace as Trace, offline.listeners);
  expect(offline.finish(2_000_000)).toEqual(online);
  expect(online.filter((verdict) => verdict.verdict === "violated").map((verdict) => verdict.checker)).toEqual([
    "election-safety",
  ]);
  expect(offline.hasViolation).toBe(true);
});
