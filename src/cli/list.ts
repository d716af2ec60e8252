import pc from "picocolors";
import { loadFile, scenarioFiles } from "./scenario-files.ts";
import { ScenarioError } from "../lab/scenario/problems.ts";

/** Prints every scenario with what it is about; files that are not right are told on stderr. As one line of JSON with `json`. @returns the exit code. */
export async function listCommand(paths: readonly string[], json = false): Promise<number> {
  const rows: { name: string; about: string; path: string }[] = [];
  let code = 0;
  for (const file of scenarioFiles(paths)) {
    try {
      for (const { scenario } of await loadFile(file))
        rows.push({ name: scenario.name, about: scenario.about, path: file });
    } catch (error) {
      if (!(error instanceof ScenarioError)) throw error;
      process.stderr.write(`${error.message}\n`);
      code = 2;
    }
  }
  if (json) {
    process.stdout.write(`${JSON.stringify(rows)}\n`);
    return code;
  }
  const width = Math.max(0, ...rows.map((row) => row.name.length));
  for (const { name, about, path } of rows)
    process.stdout.write(`${pc.bold(name.padEnd(width))}  ${about}\n${" ".repeat(width)}  ${pc.dim(path)}\n`);
  return code;
}
