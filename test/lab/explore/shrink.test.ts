import { describe, expect, it } from "vitest";
import { shrink, type Attempt } from "../../../src/lab/explore/shrink.ts";
import { asFound, shrunkName, shrunkText } from "../../../src/lab/explore/shrunk-file.ts";
import { knownNames } from "../../../src/lab/run/known-names.ts";
import { readYaml } from "../../../src/lab/scenario/load-yaml.ts";
import type { FaultInput, ScenarioInput } from "../../../src/lab/scenario/model.ts";
import { checkScenario } from "../../../src/lab/scenario/validate.ts";
import { parseDuration } from "../../../src/trace/units.ts";

const crash = (id: string, at: string): FaultInput => ({ id, kind: "crash", node: "n1", at, for: "900ms" });
const input: ScenarioInput = {
  name: "many",
  about: "Much happens.",
  nodes: [{ program: "ha-node", count: 5 }],
  workload: [{ kind: "kv", clients: 4, rate: "10/s" }],
  network: { loss: "1%" },
  faults: ["a", "b", "c", "d", "e", "f"].map((id, i) => crash(id, `${String(i + 1)}s`)),
  expect: [{ node: "n1", state: { role: "leader" }, within: "1s", after: "b.stop" }],
  duration: "60s",
};

/** Fails at 9 s when both `b` and `e` are there, each for 400 ms at least, and three nodes run. */
function failsWith(candidate: ScenarioInput): Attempt | "passes" | "invalid" {
  if (checkScenario(candidate, knownNames()).loaded === undefined) return "invalid";
  const faults = candidate.faults ?? [];
  const isLong = (id: string): boolean =>
    faults.some((fault) => fault.id === id && (parseDuration(fault.for ?? "0s") ?? 0) >= 400_000);
  const isLate = (parseDuration(candidate.duration) ?? 0) > 9_000_000;
  if (!isLong("b") || !isLong("e") || !isLate || (candidate.nodes[0]?.count ?? 0) < 3) return "passes";
  return { fingerprint: "two leaders", time: 9_000_000 };
}

describe("shrinking", () => {
  it("leaves the faults that are needed, as short as they may be, and nothing around them", async () => {
    const shrunk = await shrink({
      input,
      target: { fingerprint: "two leaders", time: 9_000_000 },
      attempt: (candidate) => Promise.resolve(failsWith(candidate)),
    });
    expect(shrunk.isMinimal).toBe(true);
    expect(shrunk.input).toEqual({
      name: "many",
      about: "Much happens.",
      nodes: [{ program: "ha-node", count: 3 }],
      workload: [],
      faults: [
        { ...crash("b", "2s"), for: "450ms" },
        { ...crash("e", "5s"), for: "450ms" },
      ],
      expect: [],
      duration: "9100ms",
    });
    expect(shrunk.runs).toBeLessThan(60);
  });

  it("runs no candidate twice", async () => {
    const asked: string[] = [];
    await shrink({
      input,
      target: { fingerprint: "two leaders", time: 9_000_000 },
      attempt(candidate) {
        asked.push(JSON.stringify(candidate));
        return Promise.resolve(failsWith(candidate));
      },
    });
    expect(asked.length).toBeGreaterThan(20);
    expect(new Set(asked).size).toBe(asked.length);
  });

  it("keeps no candidate that fails in another way", async () => {
    const attempt = (candidate: ScenarioInput): Promise<Attempt | "passes" | "invalid"> => {
      const isWhole = candidate.faults?.length === 6;
      return Promise.resolve({ fingerprint: isWhole ? "two leaders" : "lost write", time: 60_000_000 });
    };
    const shrunk = await shrink({ input, target: { fingerprint: "two leaders", time: 60_000_000 }, attempt });
    expect(shrunk.input.faults).toHaveLength(6);
  });

  it("cuts the end off without changing what goes before it", async () => {
    const kept: ScenarioInput[] = [];
    const attempt = (candidate: ScenarioInput): Promise<Attempt | "passes"> => {
      const isSame = candidate.workload?.[0]?.clients === 4 && candidate.faults?.length === 6;
      if (isSame) kept.push(candidate);
      return Promise.resolve(isSame ? { fingerprint: "two leaders", time: 9_000_000 } : "passes");
    };
    await shrink({ input, target: { fingerprint: "two leaders", time: 9_000_000 }, attempt });
    // By itself the workload would end two seconds before the run, wherever that ends.
    expect(kept[0]).toMatchObject({ duration: "9100ms", workload: [{ clients: 4, until: "9100ms" }] });
  });

  it("says that it is not at the end when the runs are used up or somebody ends it", async () => {
    const options = {
      input,
      target: { fingerprint: "two leaders", time: 9_000_000 },
      attempt: (candidate: ScenarioInput) => Promise.resolve(failsWith(candidate)),
    };
    expect(await shrink({ ...options, runsMax: 3 })).toMatchObject({ isMinimal: false, runs: 3 });
    const ended = await shrink({ ...options, signal: AbortSignal.abort(130) });
    expect(ended).toEqual({ isMinimal: false, runs: 0, input });
  });
});

describe("the file of a shrunk scenario", () => {
  const found = { seed: "17", fingerprint: "I08:sent:delivered", version: "0.1.0" };
  const name = shrunkName("split-2-3", "A.7", "election-safety");

  it("is a scenario of its own that says where it was found, and reads back as it was", async () => {
    expect(name).toBe("split-2-3-seed-a-7-election-safety");
    const shrunk = asFound(input, name, found);
    const text = await shrunkText(shrunk, { folder: "scenarios/corpus" });
    expect(readYaml(text).value).toEqual(shrunk);
    const { loaded, problems } = checkScenario(readYaml(text).value, knownNames());
    expect(problems).toEqual([]);
    expect(loaded?.input.found).toEqual(found);
    expect(loaded?.scenario.about).toBe("Shrunk from many, seed 17: it needs a, b, c, d, e, f. Much happens.");
  });

  it("runs the code first whose names it uses", async () => {
    const options = { folder: "scenarios/corpus", codeFile: "scenarios/own.ts" };
    expect(await shrunkText(asFound(input, name, found), options)).toContain('import "../own.ts";\n\nexport default {');
    expect(await shrunkText(input, { folder: ".", codeFile: "own.ts" })).toContain('import "./own.ts";');
  });

  it("has a name that scenarios may have, however long its parts are", () => {
    const long = shrunkName("a".repeat(60), "s".repeat(64), "single-primary");
    expect(long).toMatch(/^[a-z0-9][a-z0-9-]{0,62}[a-z0-9]$/);
  });
});
