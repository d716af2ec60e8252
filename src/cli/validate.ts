import pc from "picocolors";
import { loadScenarios } from "./scenario-files.ts";

/** Checks scenarios without running them. @returns 0; everything wrong is thrown together. */
export async function validateCommand(paths: readonly string[], checks?: string): Promise<number> {
  for (const { scenario, source } of await loadScenarios(paths, checks))
    process.stdout.write(`${pc.green("✓")} ${scenario.name}  ${pc.dim(source?.path ?? "")}\n`);
  return 0;
}
