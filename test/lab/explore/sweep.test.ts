import { describe, expect, it } from "vitest";
import { PartSum, type Part } from "../../../src/lab/explore/part.ts";
import { planOf, type Span } from "../../../src/lab/explore/plan.ts";
import { fingerprintOf } from "../../../src/lab/explore/fingerprint.ts";
import { inProcess } from "../../../src/lab/explore/in-process.ts";
import { mergeSweeps } from "../../../src/lab/explore/merge.ts";
import { sweep, type Executor } from "../../../src/lab/explore/sweep.ts";
import { sweepJson, sweepResultOf, type SweepResult } from "../../../src/lab/explore/sweep-result.ts";
import { shardSpan, unitsOf } from "../../../src/lab/explore/unit.ts";
import { knownNames } from "../../../src/lab/run/known-names.ts";
import { checkScenario } from "../../../src/lab/scenario/validate.ts";
import type { LoadedScenario, ScenarioInput } from "../../../src/lab/scenario/model.ts";
import { somePart, somePlan } from "./some-parts.ts";

/** Some seeds fail: the expectation is that two particular nodes lead. */
const input: ScenarioInput = {
  name: "small",
  nodes: [{ program: "ha-node", count: 3 }],
  workload: [{ kind: "kv", rate: "5/s" }],
  faults: [{ id: "stop", kind: "crash", node: "n1", at: "1s", for: "500ms", optional: true }],
  expect: [{ "some-of": ["n2", "n3"], state: { role: "leader" }, by: "900ms" }],
  duration: "2s",
};

function loaded(raw: ScenarioInput): LoadedScenario {
  const checked = checkScenario(raw, knownNames());
  if (checked.loaded === undefined) throw new Error(JSON.stringify(checked.problems));
  return checked.loaded;
}

async function swept(scenario: LoadedScenario, seeds: string, span: Span, shard?: string): Promise<SweepResult> {
  const plan = planOf([scenario], { seeds, plans: "written" });
  const executor = inProcess({ plan, scenarios: [scenario], fingerprint: fingerprintOf });
  const sum = new PartSum();
  const spans: Span[] = [];
  for await (const part of sweep({ units: unitsOf([span], 12), executor })) {
    sum.addPart(part);
    spans.push(part);
  }
  return sweepResultOf(plan, sum, { spans, shard });
}

describe("a sweep", () => {
  it("finds the failing seeds, and its shards are together what it is alone", async () => {
    const scenario = loaded(input);
    const whole = await swept(scenario, "1..12", { from: 0, to: 12 });
    const [tally] = whole.tallies;
    expect(tally?.runs).toBe(12);
    expect(whole.failures.length).toBeGreaterThan(0);
    expect(whole.failures.length).toBeLessThan(12);
    expect(whole.groups).toMatchObject([
      { count: whole.failures.length, fingerprint: expect.stringContaining("expect") },
    ]);
    expect(tally?.outcomes).toEqual({ holds: 12 - whole.failures.length, violated: whole.failures.length });
    expect(tally?.faults["stop"]).toMatchObject({ planned: 12, started: 12 });
    expect(tally?.probes).toMatchObject({ "a node led": 12, "a node went down": 12 });
    const parts = [];
    for (const index of [1, 2, 3]) {
      const shard = `${String(index)}/3`;
      parts.push({ file: shard, result: await swept(scenario, "1..12", shardSpan(12, { index, of: 3 }), shard) });
    }
    expect(sweepJson(mergeSweeps(parts))).toBe(sweepJson(whole));
  });
});

/** An executor whose units end when the test says so. */
class HandExecutor implements Executor {
  readonly width = 2;
  readonly begun: Span[] = [];
  readonly #ends: ((part: Part | Error) => void)[] = [];
  isStopped = false;

  run(unit: Span): Promise<Part> {
    this.begun.push(unit);
    return new Promise((resolve, reject) => {
      this.#ends.push((part) => {
        if (part instanceof Error) reject(part);
        else resolve(part);
      });
    });
  }
  end(index: number, part: Part | Error): void {
    this.#ends[index]?.(part);
  }
  stop(): void {
    this.isStopped = true;
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}

describe("the order of a sweep", () => {
  const plan = somePlan("1..50");
  const units = [...unitsOf([{ from: 0, to: 5 }], 50)];
  const part = (i: number): Part => somePart(plan, units[i] as Span);

  it("keeps as many units running as the executor takes, and gives parts as they end", async () => {
    const executor = new HandExecutor();
    const parts = sweep({ units, executor });
    const first = parts.next();
    expect(executor.begun).toHaveLength(2);
    executor.end(1, part(1));
    expect((await first).value).toMatchObject({ from: 1, to: 2 });
    const second = parts.next();
    expect(executor.begun).toHaveLength(3);
    executor.end(0, part(0));
    expect((await second).value).toMatchObject({ from: 0, to: 1 });
  });

  it("begins nothing more once it is told to end, and still gives what was done", async () => {
    const executor = new HandExecutor();
    const controller = new AbortController();
    const parts = sweep({ units, executor, signal: controller.signal });
    const first = parts.next();
    controller.abort(130);
    expect(executor.isStopped).toBe(true);
    executor.end(0, part(0));
    expect((await first).value).toMatchObject({ from: 0, to: 1 });
    const rest = parts.next();
    // The other unit had not ended its first run.
    executor.end(1, { from: 1, to: 1, tallies: {}, failures: [] });
    expect(await rest).toEqual({ done: true, value: undefined });
    expect(executor.begun).toHaveLength(2);
  });

  it("throws what an executor throws, after the others have given what they did", async () => {
    const executor = new HandExecutor();
    const parts = sweep({ units, executor });
    const first = parts.next();
    executor.end(0, new Error("lost"));
    executor.end(1, part(1));
    expect((await first).value).toMatchObject({ from: 1, to: 2 });
    await expect(parts.next()).rejects.toThrow("lost");
    expect(executor.begun).toHaveLength(2);
    expect(executor.isStopped).toBe(true);
  });
});
