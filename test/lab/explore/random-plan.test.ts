import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fitsBudget, minorityBudget, type Cost } from "../../../src/lab/explore/budget.ts";
import { drawnKinds } from "../../../src/lab/explore/fault-arbitraries.ts";
import { drawPlan } from "../../../src/lab/explore/random-plan.ts";
import { knownNames } from "../../../src/lab/run/known-names.ts";
import { runScenario } from "../../../src/lab/run/run-scenario.ts";
import type { LoadedScenario, ScenarioInput } from "../../../src/lab/scenario/model.ts";
import { targetsOf } from "../../../src/lab/scenario/targets.ts";
import { checkScenario } from "../../../src/lab/scenario/validate.ts";

function loaded(raw: ScenarioInput): LoadedScenario {
  const checked = checkScenario(raw, knownNames());
  if (checked.loaded === undefined) throw new Error(JSON.stringify(checked.problems));
  return checked.loaded;
}

const template = loaded({
  name: "template",
  nodes: [{ program: "ha-node", count: 5 }],
  workload: [{ kind: "kv", rate: "10/s" }],
  faults: [{ id: "old", kind: "crash", node: "n1", at: "1s", for: "1s" }],
  expect: [{ node: "n1", state: { role: "leader" }, within: "5s", after: "old.stop" }],
  duration: "60s",
});
const plans = Array.from({ length: 80 }, (_, i) => drawPlan(template, String(i + 1)));
const kindsOf = ({ scenario }: LoadedScenario): string[] => scenario.faults.map(({ kind }) => kind);

describe("a random plan", () => {
  it("is decided by its seed alone, and takes the place of what the template had", () => {
    expect(drawPlan(template, "7").input).toEqual(drawPlan(template, "7").input);
    expect(drawPlan(template, "7").input.faults).not.toEqual(drawPlan(template, "8").input.faults);
    const { input } = drawPlan(template, "7");
    expect(input.expect).toEqual([]);
    expect(input.faults?.every((fault) => fault.optional)).toBe(true);
  });

  it("has few kinds in each seed, and every kind in some", () => {
    const drawn = plans.map((plan) => new Set(kindsOf(plan)));
    // Five kinds are on at most, and whatever keeps others out of the core.
    for (const kinds of drawn) expect(kinds.size).toBeLessThanOrEqual(6);
    const seen = new Set(drawn.flatMap((kinds) => [...kinds]));
    expect(
      drawnKinds(new Set(["ha-node"]))
        .map(({ kind }) => kind)
        .filter((kind) => !seen.has(kind)),
    ).toEqual([]);
  });

  it("leaves the end of the run to recovery: of a core that keeps its quorum first, in nearly every seed, then of all", () => {
    const outside = plans.flatMap(({ scenario }) => scenario.faults.filter(({ at }) => (at as number) >= 40_000_000));
    for (const { scenario } of plans)
      for (const fault of scenario.faults) {
        const end = fault.until ?? (fault.at as number);
        expect(end).toBeLessThanOrEqual(outside.includes(fault) ? 50_000_000 : 40_000_000);
      }
    expect(outside.length).toBeGreaterThan(55);
    expect(outside.length).toBeLessThan(plans.length);
    // Whoever is out is a minority, and is out in one of several ways.
    const ways = outside.map((fault) => {
      const whom = [...new Set(targetsOf(fault).flat())].filter((target) => target !== "rest");
      expect([["minority"], ["random(1)"]]).toContainEqual(whom);
      return "shape" in fault ? fault.shape : fault.kind;
    });
    expect([...new Set(ways)].toSorted()).toEqual(["crash", "deaf", "isolate", "mute", "pause", "split"]);
  });

  it("keeps to its budget", () => {
    for (let seed = 1; seed <= 15; seed++) {
      const { faults } = drawPlan(template, String(seed), { downMax: 1 }).scenario;
      const down = faults.filter(({ kind }) =>
        ["crash", "kill", "restart-loop", "slow", "pause", "disk-slow"].includes(kind),
      );
      for (const one of down) {
        const at = one.at as number;
        const others = down.filter((two) => two !== one && (two.at as number) <= at && at < (two.until ?? 0));
        expect(others).toEqual([]);
      }
    }
  });

  it("runs, and is stored in the result, so that a replay draws nothing", async () => {
    const short = loaded({ ...template.input, faults: [], expect: [], duration: "6s" });
    const drawn = drawPlan(short, "3");
    const { result } = await runScenario(drawn, { seed: "3" });
    expect(result.outcome).toBe("holds");
    const again = await runScenario(result.scenario as unknown as ScenarioInput, { seed: "3" });
    expect(again.result.digest).toBe(result.digest);
  });
});

describe("a budget", () => {
  const cost = (from: number, to: number, more: Partial<Cost> = {}): Cost => ({
    from: from * 1_000_000,
    to: to * 1_000_000,
    takesDown: 0,
    endangersQuorum: false,
    ...more,
  });
  const danger = (from: number, to: number): Cost => cost(from, to, { endangersQuorum: true });
  const down = (from: number, to: number): Cost => cost(from, to, { takesDown: 1 });

  it("lets a minority be down at once, and no more", () => {
    const budget = { downMax: minorityBudget(5).downMax };
    expect(fitsBudget([down(1, 5), down(2, 6)], budget)).toBe(true);
    expect(fitsBudget([down(1, 5), down(2, 6), down(3, 7)], budget)).toBe(false);
    expect(fitsBudget([down(1, 5), down(2, 6), down(5, 7)], budget)).toBe(true);
  });

  it("asks for ten seconds of quorum in every thirty", () => {
    const budget = minorityBudget(5);
    expect(fitsBudget([danger(0, 15), danger(10, 20)], budget)).toBe(true);
    expect(fitsBudget([danger(0, 15), danger(10, 21)], budget)).toBe(false);
    expect(fitsBudget([danger(0, 15), danger(24, 30)], budget)).toBe(false);
    expect(fitsBudget([danger(0, 15), danger(25, 40)], budget)).toBe(true);
    expect(fitsBudget([danger(0, 60)], { downMax: 2 })).toBe(true);
  });

  it("is kept by less of what kept it", () => {
    const costs = fc.array(fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 12 }), fc.boolean(), fc.boolean()), {
      maxLength: 8,
    });
    const budget = minorityBudget(5);
    fc.assert(
      fc.property(costs, fc.nat(7), (drawn, place) => {
        const all = drawn.map(([from, length, isDown, isDanger]) =>
          cost(from, from + length, { takesDown: isDown ? 1 : 0, endangersQuorum: isDanger }),
        );
        if (fitsBudget(all, budget)) expect(fitsBudget(all.toSpliced(place, 1), budget)).toBe(true);
      }),
    );
  });
});
