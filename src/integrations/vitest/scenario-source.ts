import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { loadFile } from "../../cli/scenario-files.ts";
import { loadedOf } from "../../lab/explore/loaded-of.ts";
import type { LoadedScenario, ScenarioInput } from "../../lab/scenario/model.ts";
import { ScenarioError } from "../../lab/scenario/problems.ts";

/** A scenario as a test gives it: what `defineScenario` made, plain data, or the file of one; a path is relative to the working directory. */
export type ScenarioSource = ScenarioInput | string | URL;

/**
 * Loads and checks a scenario.
 *
 * @throws {ScenarioError} when it is not right, or when the file holds several.
 */
export async function loadSource(source: ScenarioSource): Promise<LoadedScenario> {
  if (typeof source !== "string" && !(source instanceof URL)) return loadedOf(source);
  const path = relative(".", source instanceof URL ? fileURLToPath(source) : source);
  const [loaded, another] = await loadFile(path);
  if (loaded !== undefined && another === undefined) return loaded;
  throw new ScenarioError([
    {
      code: "SCENARIO_SEVERAL",
      path: [],
      file: path,
      message: "The file holds several scenarios.",
      expected: "a file of one; or import the file, and give one of what it exports",
    },
  ]);
}
