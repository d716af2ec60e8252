import { describe, expect, it } from "vitest";
import type { TraceListener } from "../../../src/trace/listeners.ts";
import { digestOf } from "../../../src/trace/trace.ts";
import { runScenario } from "../../../src/lab/run/run-scenario.ts";
import { registerProgram } from "../../../src/lab/run/programs.ts";
import { patchScenario } from "../../../src/lab/scenario/patch.ts";
import { ScenarioError } from "../../../src/lab/scenario/problems.ts";
import type { ScenarioInput } from "../../../src/lab/scenario/model.ts";
import type { NodeEnv, RunningProgram } from "../../../src/system/ports/node.ts";

const split: ScenarioInput = {
  name: "short-split",
  nodes: [{ program: "ha-node", count: 5, config: { electionTimeout: "300ms", heartbeat: "50ms" } }],
  workload: [{ kind: "kv", clients: 2, rate: "20/s" }],
  faults: [
    {
      id: "cut",
      kind: "partition",
      shape: "split",
      groups: [["leader", "any-follower"], ["rest"]],
      at: "3s",
      for: "4s",
    },
  ],
  expect: [{ "some-of": "cut.group[1]", state: { role: "leader" }, within: "2s", after: "cut.start" }],
  duration: "12s",
};

describe("a run", () => {
  it("gives the same digest, verdicts and story whether its records are kept or not", async () => {
    const kept = await runScenario(split, { seed: "a", keepTrace: true });
    const quick = await runScenario(split, { seed: "a" });
    expect(quick.trace).toBeUndefined();
    const { timing: _, ...keptFacts } = kept.result;
    const { timing: __, ...quickFacts } = quick.result;
    // Only with records is there an order of them to tell of.
    const verdicts = keptFacts.verdicts.map(({ orders: _, ...verdict }) => verdict);
    expect(quickFacts).toEqual({ ...keptFacts, verdicts });
    expect(kept.trace === undefined ? "" : digestOf(kept.trace)).toBe(kept.result.digest);
    expect(kept.result).toMatchObject({ outcome: "holds", exitCode: 0, endTime: 12_000_000 });
  });

  it("gives another digest for another seed, and the same one whichever way code is drained", async () => {
    const digest = async (seed: string, drain: "tick" | "turn"): Promise<string> =>
      (await runScenario(split, { seed, drain })).result.digest;
    expect(await digest("a", "turn")).toBe(await digest("a", "tick"));
    expect(await digest("b", "tick")).not.toBe(await digest("a", "tick"));
  });

  it("hands programs their settings in whole milliseconds and counts what happened", async () => {
    const { result } = await runScenario(split, { seed: "a" });
    expect(result.nodes.map((node) => `${node.id} ${node.role} ${node.program}`)).toEqual([
      ...[1, 2, 3, 4, 5].map((n) => `n${String(n)} node ha-node`),
      ...[1, 2].map((n) => `c${String(n)} client kv-client`),
    ]);
    expect(result.nodes[0]?.config).toEqual({ electionTimeoutMs: 300, heartbeatMs: 50 });
    expect(result.nodes[5]?.config).toMatchObject({ client: 0, clients: 2, intervalMs: 100, untilMs: 10_000 });
    const { counts } = result;
    expect(counts.operations).toBe(counts.ok + counts.fail + counts.info);
    expect(counts.sent).toBeGreaterThan(counts.dropped);
    expect(result.faults).toMatchObject([{ id: "cut", startedAt: 3_000_000, stoppedAt: 7_000_000 }]);
  });

  it("runs what a result stored, with the same digest", async () => {
    const { result } = await runScenario(split, { seed: "a" });
    const again = await runScenario(result.scenario as unknown as ScenarioInput, { seed: "a" });
    expect(again.result.digest).toBe(result.digest);
  });

  it("never has a leader in either half of an even split", async () => {
    const halves = patchScenario(split, {
      nodes: 4,
      replace: {
        expect: [
          { "some-of": "cut.group[1]", state: { role: "leader" }, never: true, within: "4s", after: "cut.start" },
        ],
      },
    });
    const { result } = await runScenario(halves, { seed: "a" });
    expect(result.outcome).toBe("holds");
    expect(result.story.map((line) => line.text)).toContainEqual(
      expect.stringMatching(/^No leader was elected in 3\.\d{3} s\.$/),
    );
  });

  it("ends early on a signal, with what was judged so far", async () => {
    const controller = new AbortController();
    const stopAt = {
      triggers: ["fault"],
      on: () => {
        controller.abort(130);
      },
    };
    const { result } = await runScenario(split, { seed: "a", signal: controller.signal, listeners: [stopAt] });
    expect(result).toMatchObject({ outcome: "interrupted", exitCode: 130 });
    expect(result.endTime).toBeLessThan(12_000_000);
  });

  it("is made again when the machine stood still, and gives up when it does so always", async () => {
    const { wait } = Atomics;
    const nobodyWakes = new Int32Array(new SharedArrayBuffer(4));
    let stalls = 0;
    let starts = 0;
    registerProgram({
      name: "stalls",
      start: ({ observer, timers }: NodeEnv): RunningProgram => {
        starts++;
        timers
          .create("later", () => {
            if (stalls-- > 0) wait(nobodyWakes, 0, 0, 60_000);
            observer.point("later", {});
          })
          .arm(10);
        return {};
      },
    });
    const scenario = { name: "stalls", nodes: [{ program: "stalls", count: 1 }], duration: "1s" };
    const { result: calm } = await runScenario(scenario, { seed: "a" });
    stalls = 2;
    starts = 0;
    const heard: number[] = [];
    const listeners = (): readonly TraceListener[] => {
      const beginning = heard.push(0) - 1;
      return [{ triggers: ["point:later"], on: () => (heard[beginning] = (heard[beginning] ?? 0) + 1) }];
    };
    const { result: again } = await runScenario(scenario, { seed: "a", hangMs: 500, listeners });
    expect([again.outcome, again.digest, starts]).toEqual([calm.outcome, calm.digest, 3]);
    // Who looks on begins anew with each beginning.
    expect(heard).toEqual([0, 0, 1]);
    stalls = Infinity;
    const { result: never } = await runScenario(scenario, { seed: "a", hangMs: 100 });
    expect(never).toMatchObject({ outcome: "inconclusive", exitCode: 3, error: { code: "STARVED" } });
  });

  it("refuses a scenario that is not right, and runs nothing", async () => {
    await expect(runScenario({ ...split, duration: "12" }, { seed: "a" })).rejects.toBeInstanceOf(ScenarioError);
  });
});

describe("a patch", () => {
  it("changes nodes, times and settings and nothing else", () => {
    const patched = patchScenario(split, {
      nodes: 7,
      duration: "9s",
      at: { cut: "2s" },
      for: { cut: "1s" },
      config: { leases: "off" },
    });
    expect(patched.nodes[0]).toMatchObject({ count: 7, config: { electionTimeout: "300ms", leases: "off" } });
    expect(patched.faults?.[0]).toMatchObject({ at: "2s", for: "1s", groups: [["leader", "any-follower"], ["rest"]] });
    expect(patched.duration).toBe("9s");
    expect(split.duration).toBe("12s");
  });
});
