import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { runScenario, undrawn } from "../../../src/lab/explore/drawn.ts";
import { drawPlan } from "../../../src/lab/explore/random-plan.ts";
import { knownNames } from "../../../src/lab/run/known-names.ts";
import { runScenario as runWritten } from "../../../src/lab/run/run-scenario.ts";
import { at, crash, defineScenario, type ScenarioDefinition } from "../../../src/lab/scenario/dsl.ts";
import { readYaml } from "../../../src/lab/scenario/load-yaml.ts";
import type { LoadedScenario, ScenarioInput } from "../../../src/lab/scenario/model.ts";
import { formatProblem } from "../../../src/lab/scenario/problems.ts";
import { checkScenario } from "../../../src/lab/scenario/validate.ts";

type Plan = NonNullable<ScenarioDefinition["plan"]>;

function template(plan: Plan, more: Partial<ScenarioDefinition> = {}): ScenarioInput {
  return defineScenario({
    name: "template",
    nodes: [{ program: "ha-node", count: 5 }],
    plan,
    duration: "60s",
    ...more,
  });
}

function loaded(input: unknown): LoadedScenario {
  const checked = checkScenario(input, knownNames());
  if (checked.loaded === undefined) throw new Error(checked.problems.map(formatProblem).join("\n"));
  return checked.loaded;
}

const seeds = Array.from({ length: 30 }, (_, i) => String(i + 1));
const drawnOf = (plan: Plan, more?: Partial<ScenarioDefinition>): LoadedScenario["scenario"]["faults"] => {
  const one = loaded(template(plan, more));
  // What keeps others out of the core that heals first is no fault of the kinds that are drawn.
  return seeds.flatMap((seed) => drawPlan(one, seed).scenario.faults.filter((fault) => (fault.at as number) < 40e6));
};

describe("the plan of a scenario", () => {
  it("is the same read back from YAML and JSON", () => {
    const input = template({
      kinds: ["crash", "loss"],
      targets: ["n1", "leader"],
      count: "1..5",
      window: ["2s", "9s"],
    });
    const { plan } = loaded(input).scenario;
    expect(plan).toEqual({
      kinds: ["crash", "loss"],
      targets: ["n1", "leader"],
      count: { min: 1, max: 5 },
      window: [2_000_000, 9_000_000],
      budget: "quorum-returns",
    });
    expect(loaded(readYaml(stringify(input)).value).scenario.plan).toEqual(plan);
    expect(loaded(JSON.parse(JSON.stringify(loaded(input).input))).scenario.plan).toEqual(plan);
  });

  it("draws the kinds it names and no others, also those that nobody draws unasked", () => {
    const kinds = new Set(drawnOf({ kinds: ["wipe", "skew"] }).map(({ kind }) => kind));
    expect([...kinds].toSorted()).toEqual(["skew", "wipe"]);
  });

  it("draws as many faults as it says, within its window", () => {
    const one = loaded(template({ count: 3, window: ["10s", "20s"], budget: "none", kinds: ["skew"] }));
    for (const seed of seeds) {
      const skews = drawPlan(one, seed).scenario.faults.filter(({ kind }) => kind === "skew");
      expect(skews).toHaveLength(3);
      for (const { at: start, until } of skews) {
        expect(start).toBeGreaterThanOrEqual(10e6);
        expect(until).toBeLessThanOrEqual(20e6);
      }
    }
  });

  it("is about the nodes it names and no others", () => {
    const kinds: Plan["kinds"] = ["partition", "flap", "loss", "hold", "crash", "skew", "rolling-restart", "dns-stale"];
    const faults = drawnOf({ targets: ["n2"], kinds, budget: "none" });
    const nodes = faults.map((fault) => {
      const { shape } = fault as { shape?: unknown };
      return ((typeof shape === "object" ? shape : fault) as { node?: string }).node;
    });
    expect(new Set(faults.map(({ kind }) => kind)).size).toBe(kinds.length);
    expect([...new Set(nodes)]).toEqual(["n2"]);
  });

  it("keeps to the budget it names", () => {
    const downAtOnce = (budget: Plan["budget"]): number => {
      const one = loaded(template({ kinds: ["crash"], count: 10, budget }));
      return Math.max(
        ...seeds.map((seed) => {
          const { faults } = drawPlan(one, seed).scenario;
          const crashes = faults.filter(({ kind, at: start }) => kind === "crash" && (start as number) < 40e6);
          return Math.max(
            ...crashes.map(({ at: start }) => {
              const now = start as number;
              return crashes.filter((other) => (other.at as number) <= now && now < (other.until ?? 0)).length;
            }),
          );
        }),
      );
    };
    expect(downAtOnce("minority-down")).toBe(2);
    expect(downAtOnce("none")).toBeGreaterThan(2);
  });

  it("leaves what is written, with what is expected of it, and takes no name of it", () => {
    const written = at("5s", crash({ id: "crash-1", node: "n1", for: "2s" }));
    const expected = { node: "n1", state: { process: "up" }, within: "5s", after: "crash-1.stop" };
    const one = loaded(template({ kinds: ["crash"], count: 8 }, { faults: [written], expect: [expected] }));
    for (const seed of seeds) {
      const { input } = drawPlan(one, seed);
      expect(input.faults?.[0]).toEqual(written);
      expect(input.expect).toEqual([expected]);
      const ids = input.faults?.map(({ id }) => id) ?? [];
      expect(new Set(ids).size).toBe(ids.length);
    }
    expect(undrawn(one).input.faults).toEqual([written]);
    expect(undrawn(one).scenario.plan).toBeUndefined();
  });

  it("is drawn by whoever runs the scenario, and the result holds what was drawn and no plan", async () => {
    const input = template({}, { duration: "3s" });
    const { result } = await runScenario(input, { seed: "3" });
    const stored = result.scenario as unknown as ScenarioInput;
    expect(stored.plan).toBeUndefined();
    expect(stored.faults).toEqual(drawPlan(loaded(input), "3").input.faults);
    const again = await runWritten(stored, { seed: "3" });
    expect(again.result.digest).toBe(result.digest);
    await expect(runWritten(input, { seed: "3" })).rejects.toThrow(
      "SCENARIO_PLAN: The scenario's plan has not been drawn.",
    );
  });

  it.each<[string, object, string, string]>([
    ["a kind that is none", { kinds: ["crush"] }, "SCENARIO_VALUE", 'Did you mean "crash"?'],
    ["a key that is none", { budgett: "none" }, "SCENARIO_UNKNOWN_KEY", 'Did you mean "budget"?'],
    ["a budget that is none", { budget: "minority" }, "SCENARIO_VALUE", "one of minority-down, quorum-returns, none"],
    ["a target that is no node", { targets: ["n7"] }, "SCENARIO_UNKNOWN_NODE", 'Did you mean "n1"?'],
    ["a target that is several", { targets: ["minority"] }, "SCENARIO_UNKNOWN_NODE", "leader, any-follower, random(1)"],
    ["a range that is none", { count: "5..1" }, "SCENARIO_PLAN", 'a range of numbers, as "1..5"'],
    ["too many", { count: 500 }, "SCENARIO_RANGE", "at most 50"],
    ["a window that ends too late", { window: ["2s", "60s"] }, "SCENARIO_CONTRADICTION", "a moment before 60s"],
    ["a window the wrong way round", { window: ["9s", "2s"] }, "SCENARIO_CONTRADICTION", "the earlier moment first"],
    ["a moment without a unit", { window: [2, "9s"] }, "SCENARIO_DURATION", "a duration"],
  ])("is refused with %s", (_, plan, code, text) => {
    const { problems } = checkScenario(template(plan), knownNames());
    expect(problems.map((problem) => problem.code)).toEqual([code]);
    expect(problems.map(formatProblem).join("\n")).toContain(text);
  });

  it("is refused, when it is drawn, with a kind that no plan draws", () => {
    expect(() => drawPlan(loaded(template({ kinds: ["order"] })), "1")).toThrow(
      'SCENARIO_PLAN: No plan draws faults of kind "order": write it among the faults.',
    );
  });
});
