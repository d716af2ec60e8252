import { runScenario } from "../../../src/lab/run/run-scenario.ts";
import type { RunResult } from "../../../src/trace/result.ts";
import { bullies } from "../../trace/why/planted-programs.ts";

/** A run in which one rule is broken, with the scenario file it would have come from. */
export async function brokenResult(path = "scenarios/bullies.yaml"): Promise<RunResult> {
  const { result } = await runScenario(bullies, { seed: "7" });
  return { ...result, source: { path, sha256: "0" } };
}

/** The same run, had it gone well. */
export function passed(result: RunResult): RunResult {
  const verdicts = result.verdicts.map(({ violation: _, ...verdict }) => ({ ...verdict, verdict: "holds" as const }));
  return { ...result, verdicts, outcome: "holds", exitCode: 0 };
}
