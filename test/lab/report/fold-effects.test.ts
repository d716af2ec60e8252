import { describe, expect, it } from "vitest";
import { buildModel } from "../../../src/lab/report/build-model.ts";
import type { ReportModel } from "../../../src/lab/report/model.ts";
import { effectWords } from "../../../src/lab/report/viewer/effects.ts";
import { TraceWriter } from "../../../src/trace/trace-writer.ts";
import type { Trace } from "../../../src/trace/trace.ts";
import type { EffectOrder, Verdict } from "../../../src/trace/verdict.ts";
import { syntheticRun } from "./synthetic.ts";

type Call = readonly [client: string, from: number, to: number, outcome: "ok" | "info" | ""];

/** A run of nothing but these calls on x, times in ms, with a verdict that puts them in this order. */
function modelOf(calls: readonly Call[], order: readonly number[], misfit = -1): ReportModel {
  const writer = new TraceWriter({ keep: true });
  const ids: number[] = [];
  const steps = calls.flatMap(([client, from, to, outcome], index) => [
    { at: from, act: () => void (ids[index] = writer.invoke(client, "write", "x", { value: index })) },
    ...(outcome === "" ? [] : [{ at: to, act: () => void writer.complete(client, ids[index] as number, outcome) }]),
  ]);
  for (const { at, act } of steps.sort((a, b) => a.at - b.at)) {
    writer.time = at * 1_000;
    act();
  }
  const told: EffectOrder = {
    key: "x",
    calls: order.map((index) => ids[index] as number),
    misfit: misfit < 0 ? -1 : (ids[misfit] as number),
  };
  const verdict: Verdict = {
    ...{ checker: "linearizable", invariant: "I12", rule: "", title: "" },
    ...{ verdict: "holds", judged: 1, orders: [told] },
  };
  const { result } = syntheticRun({ seconds: 1 });
  return buildModel({ ...result, story: [], faults: [], verdicts: [verdict] }, writer.trace as Trace);
}

function placesOf(model: ReportModel): number[] {
  return Array.from(model.effects[0]?.at ?? [], (at) => at / 1_000);
}

describe("a call takes effect", () => {
  it("in the middle of its bar when nothing else matters", () => {
    expect(placesOf(modelOf([["c1", 10, 20, "ok"]], [0]))).toEqual([15]);
  });

  it("after those before it began, and before those after it were answered", () => {
    const calls: Call[] = [
      ["c1", 10, 40, "ok"],
      ["c2", 20, 30, "ok"],
      ["c3", 12, 60, "ok"],
    ];
    expect(placesOf(modelOf(calls, [0, 1, 2]))).toEqual([20, 25, 40]);
    // The other way round: what came second was answered at 30, so what came first was done by then.
    expect(placesOf(modelOf(calls, [2, 0, 1]))).toEqual([21, 21, 25]);
  });

  it("inside its bar, though nobody knows when, unless it is read only later", () => {
    const calls: Call[] = [
      ["c1", 10, 20, "info"],
      ["c2", 40, 50, "ok"],
    ];
    expect(placesOf(modelOf(calls, [0, 1]))).toEqual([15, 45]);
    expect(placesOf(modelOf([calls[1] as Call, calls[0] as Call], [0, 1]))).toEqual([45, 45]);
  });

  it("never before the one before it", () => {
    const calls: Call[] = [
      ["c1", 10, 100, "ok"],
      ["c2", 11, 14, "info"],
      ["c3", 12, 90, "ok"],
    ];
    const places = placesOf(modelOf(calls, [0, 1, 2]));
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });
});

describe("the words of a call", () => {
  const calls: Call[] = [
    ["c1", 10, 20, "ok"],
    ["c2", 30, 40, "ok"],
  ];
  it("say its place in the order of its key", () => {
    const model = modelOf(calls, [0, 1]);
    expect(effectWords(model, model.clients[1]?.operations.record[0] as number)).toBe(
      "; number 2 in an order of 2 calls on x, at 0.035 s",
    );
  });

  it("say of the first that fits in none how far the order comes", () => {
    const model = modelOf(calls, [0], 1);
    expect(model.effects[0]?.misfit).toBe(model.clients[1]?.operations.record[0]);
    expect(effectWords(model, model.clients[1]?.operations.record[0] as number)).toBe(
      "; the first that fits in no order, the longest legal one has 1 call on x",
    );
    expect(effectWords(model, model.clients[0]?.operations.record[0] as number)).toBe(
      "; number 1 in the longest legal order, 1 call on x, at 0.015 s",
    );
  });

  it("say nothing where nobody asked", () => {
    const { result, trace } = syntheticRun({ seconds: 1 });
    const model = buildModel(result, trace);
    expect(model.effects).toEqual([]);
    expect(effectWords(model, model.clients[0]?.operations.record[0] as number)).toBe("");
  });
});
