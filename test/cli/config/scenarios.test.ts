import { describe, expect, it } from "vitest";
import { pathsOf } from "../../../src/cli/config/from-argv.ts";
import { DEFAULTS } from "../../../src/cli/config/settings.ts";
import { replayLine } from "../../../src/trace/replay-line.ts";
import { loadScenarios, scenarioFiles } from "../../../src/cli/scenario-files.ts";
import { hashOf, planOf } from "../../../src/lab/explore/plan.ts";
import { runSource } from "../../../src/cli/run-source.ts";
import { runScenario } from "../../../src/lab/run/run-scenario.ts";

const PATH = "scenarios/seed/split-2-3.yaml";

describe("the files a verb takes", () => {
  it("are those it is given, else those of the settings", () => {
    const settings = { ...DEFAULTS, scenarios: ["scenarios"] };
    expect(pathsOf(["a.yaml", 7], settings)).toEqual(["a.yaml", "7"]);
    expect(pathsOf([], settings)).toEqual(["scenarios"]);
    expect(() => pathsOf([], DEFAULTS)).toThrow("Name scenario files");
  });

  it("may be patterns, in order of names", () => {
    const found = scenarioFiles(["scenarios/seed/*.yaml", "scenarios/{seed,nowhere}/split-*.yaml"]);
    expect(found).toContain(PATH);
    expect(found).toEqual([...new Set(found)].toSorted());
    expect(() => scenarioFiles(["scenarios/seed/*.txt"])).toThrow("SCENARIO_NOT_FOUND");
  });
});

describe("--checks", () => {
  it("judges other rules than the scenario's own, and the replay line says so", async () => {
    const [own] = await loadScenarios([PATH]);
    const [other] = await loadScenarios([PATH], "election-safety,log-matching");
    if (own === undefined || other === undefined) throw new Error("There is no scenario.");
    expect(own.scenario.checks).not.toEqual(other.scenario.checks);
    const { result } = await runScenario(other, { seed: "1", keepTrace: false });
    expect(result.verdicts.map(({ checker }) => checker)).toEqual(["election-safety", "log-matching"]);
    expect(replayLine(result)).toBe(`faultline run ${PATH} --seed 1 --checks election-safety,log-matching`);
  });

  it("makes another plan of a sweep, which its workers load alike", async () => {
    const plan = planOf(await loadScenarios([PATH], "all"), { seeds: "1..3", plans: "written" });
    expect(plan.scenarios[0]?.checks).toBe("all");
    const source = await runSource(plan);
    expect(source.scenarios.map(hashOf)).toEqual(plan.scenarios.map(({ hash }) => hash));
    const [named] = planOf(await loadScenarios([PATH], "log-matching"), { seeds: "1..3", plans: "written" }).scenarios;
    expect(named?.hash).not.toBe(plan.scenarios[0]?.hash);
  });

  it("refuses a rule nobody knows", async () => {
    await expect(loadScenarios([PATH], "election-saftey")).rejects.toThrow(
      /the setting checks SCENARIO_UNKNOWN_CHECK: .*\n.*Did you mean "election-safety"\?/,
    );
  });
});
