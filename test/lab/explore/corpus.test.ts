import { describe, expect, it } from "vitest";
import { asKeptResult, judgeKept, runKept } from "../../../src/lab/explore/corpus.ts";
import { knownNames } from "../../../src/lab/run/known-names.ts";
import { checkScenario } from "../../../src/lab/scenario/validate.ts";
import { casesOf, didFail } from "../../../src/cli/reporters/cases.ts";
import type { LoadedScenario } from "../../../src/lab/scenario/model.ts";

const found = { seed: "3", fingerprint: "expect:n1 role=leader", version: "0.1.0" };
const fixed = { ...found, fixedBy: "elections begin in time" };

/** Nobody leads a group of three that has no time to elect. */
function scenario(within: string): LoadedScenario {
  const input = {
    name: "kept",
    nodes: [{ program: "ha-node", count: 3 }],
    expect: [{ "some-of": "all", state: { role: "leader" }, by: within }],
    duration: "3s",
  };
  const { loaded, problems } = checkScenario(input, knownNames());
  if (loaded === undefined) throw new Error(JSON.stringify(problems));
  return loaded;
}

describe("a kept failure", () => {
  it("runs at the seed it was found with, and is named by how it fails", async () => {
    const failing = await runKept(scenario("1ms"), "3");
    expect(failing.fingerprint).toMatch(/^expect:/);
    expect(failing.result.seed).toBe("3");
    const passing = await runKept(scenario("3s"), "3");
    expect(passing.fingerprint).toBeUndefined();
  });

  it("is as kept while it is open and fails in its own way, and in no other case", async () => {
    const { result } = await runKept(scenario("1ms"), "3");
    expect(judgeKept(found, { result, fingerprint: found.fingerprint })).toMatchObject({
      state: "open",
      isAsKept: true,
      next: "",
    });
    expect(judgeKept(found, { result, fingerprint: undefined })).toMatchObject({
      isAsKept: false,
      observed: "it passes",
      next: expect.stringContaining("found.fixedBy"),
    });
    expect(judgeKept(found, { result, fingerprint: "I08:sent" })).toMatchObject({
      isAsKept: false,
      expected: "it fails as expect:n1 role=leader",
      observed: "it fails as I08:sent",
    });
  });

  it("must pass once it is fixed, whatever way it fails in", async () => {
    const { result } = await runKept(scenario("3s"), "3");
    expect(judgeKept(fixed, { result, fingerprint: undefined })).toMatchObject({ state: "fixed", isAsKept: true });
    const back = judgeKept(fixed, { result, fingerprint: "I08:sent" });
    expect(back).toMatchObject({ state: "fixed", isAsKept: false, expected: "it passes" });
    expect(back.next).toContain("elections begin in time");
  });

  it("is reported by whether it is what its file says, not by the rules it breaks", async () => {
    const run = await runKept(scenario("1ms"), "3");
    expect(run.result.exitCode).toBe(1);
    const open = { ...found, fingerprint: run.fingerprint ?? "" };
    const asKept = asKeptResult(run, judgeKept(open, run));
    expect(asKept).toMatchObject({ exitCode: 0, outcome: "holds", digest: run.result.digest, seed: "3" });
    expect(casesOf(asKept).filter(didFail)).toEqual([]);
    const other = asKeptResult(run, judgeKept({ ...found, fingerprint: "I08:sent" }, run));
    expect(other).toMatchObject({ exitCode: 1, outcome: "violated" });
    expect(casesOf(other).filter(didFail)).toMatchObject([
      { name: "expect kept failure (open): it fails as I08:sent", state: "failed" },
    ]);
  });
});
