import { describe, expect, it } from "vitest";
import { buildModel } from "../../../src/lab/report/build-model.ts";
import { Selection } from "../../../src/lab/report/viewer/selection.ts";
import { nextFinding, stepToCause } from "../../../src/lab/report/viewer/walk.ts";
import { syntheticRun } from "./synthetic.ts";

const { result, trace } = syntheticRun({ isFailing: true });
const model = buildModel(result, trace);
const [finding] = model.findings;

describe("from finding to finding", () => {
  it("goes on after the cursor, and begins anew at the ends of the run", () => {
    const [first] = model.findings;
    const late = {
      ...model,
      findings: [
        { ...first, time: 30 },
        { ...first, time: 10 },
      ],
    } as typeof model;
    expect([0, 10, 30].map((at) => nextFinding(late, at, 1)?.time)).toEqual([10, 30, 10]);
    expect([40, 30, 10].map((at) => nextFinding(late, at, -1)?.time)).toEqual([30, 10, 30]);
    expect(nextFinding({ ...model, findings: [] }, 0, 1)).toBeUndefined();
  });
});

describe("back to the cause", () => {
  it("goes step by step along the finding's reason, and says each", () => {
    const steps = finding?.why?.steps ?? [];
    expect(steps.length).toBeGreaterThan(2);
    const way: number[] = [];
    let stop = stepToCause(model, steps[steps.length - 1]?.record ?? -1, undefined);
    while (stop !== undefined && way.length < steps.length) {
      way.push(stop.record);
      expect(stop.says).not.toBe("");
      stop = stepToCause(model, stop.record, undefined);
    }
    expect(way).toEqual(
      steps
        .slice(0, -1)
        .map(({ record }) => record)
        .reverse(),
    );
  });

  it("ends where nothing led to a record", () => {
    expect(stepToCause({ ...model, findings: [] }, -1, undefined)).toBeUndefined();
  });
});

describe("what is lit", () => {
  it("is the chosen record until another with causes or effects is under the pointer", () => {
    const selection = new Selection(model);
    expect(selection.lit(model.endTime)).toBeUndefined();
    const record = finding?.record ?? -1;
    selection.choose(record);
    expect(selection.lit(model.endTime)?.records.has(record)).toBe(true);
    expect(selection.hover(record)).toBe(true);
    expect(selection.hover(record)).toBe(false);
    selection.choose(-1);
    selection.hover(-1);
    expect(selection.lit(model.endTime)).toBeUndefined();
  });
});
