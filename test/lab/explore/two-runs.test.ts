import { beforeAll, describe, expect, it } from "vitest";
import { ofTwo } from "../../../src/lab/explore/run-unit.ts";
import { runScenario } from "../../../src/lab/run/run-scenario.ts";
import type { RunResult } from "../../../src/trace/result.ts";

describe("two runs of one seed", () => {
  let held: RunResult;
  let failed: RunResult;
  beforeAll(async () => {
    const scenario = { name: "two-runs", nodes: [{ program: "ha-node", count: 3, prefix: "n" }], duration: "2s" };
    held = (await runScenario(scenario, { seed: "a" })).result;
    failed = { ...held, outcome: "violated", exitCode: 1 };
  });
  const print = (): string => "f1";
  const starved = (result: RunResult): RunResult => ({
    ...result,
    digest: "0".repeat(16),
    outcome: "inconclusive",
    exitCode: 3,
    error: { code: "STARVED", message: "", node: "", facts: {} },
  });

  it("are the failure when they are equal", () => {
    expect(ofTwo(failed, failed, print)).toEqual({ result: failed, fingerprint: "f1" });
  });

  it("are not deterministic when they differ", () => {
    const other = { ...held, digest: "1".repeat(16) };
    expect(ofTwo(failed, other, print)).toMatchObject({ fingerprint: "non-deterministic", result: { exitCode: 4 } });
  });

  it("are the second alone when the machine has starved the first", () => {
    expect(ofTwo(starved(held), held, print)).toEqual({ result: held });
    expect(ofTwo(starved(held), failed, print)).toEqual({ result: failed, fingerprint: "f1" });
    expect(ofTwo(failed, starved(held), print).result.outcome).toBe("inconclusive");
  });
});
