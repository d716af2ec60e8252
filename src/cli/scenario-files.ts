import { readdirSync, statSync } from "node:fs";
import { extname, join, relative } from "node:path";
import { globSync, isDynamicPattern } from "tinyglobby";
import { byCodeUnit } from "../trace/plain.ts";
import { knownNames } from "../lab/run/known-names.ts";
import { loadScenarioFile, SCENARIO_FILES } from "../lab/scenario/load.ts";
import type { LoadedScenario } from "../lab/scenario/model.ts";
import { nearest } from "../lab/scenario/nearest.ts";
import { ScenarioError, type Problem } from "../lab/scenario/problems.ts";
import { withChecks } from "./with-checks.ts";

/**
 * Loads every scenario of files and folders; all problems of all files are told at once.
 *
 * @param checks  Rules to judge in place of those of the scenarios, as `--checks` writes them.
 */
export async function loadScenarios(paths: readonly string[], checks?: string): Promise<LoadedScenario[]> {
  const loaded: LoadedScenario[] = [];
  const problems: Problem[] = [];
  for (const file of scenarioFiles(paths)) {
    try {
      loaded.push(...(await loadFile(file, checks)));
    } catch (error) {
      if (!(error instanceof ScenarioError)) throw error;
      problems.push(...error.problems);
    }
  }
  if (problems.length > 0) throw new ScenarioError(problems);
  return loaded;
}

export async function loadFile(path: string, checks?: string): Promise<LoadedScenario[]> {
  const loaded = await loadScenarioFile({
    path,
    known: () => Promise.resolve(knownNames()),
    packageModule: () => import("../index.ts"),
  });
  return checks === undefined ? loaded : loaded.map((one) => withChecks(one, checks));
}

/**
 * Files that hold scenarios, folders walked in order of names; patterns for who has no shell that knows them.
 *
 * @throws {ScenarioError} for a path that is not there, with the nearest one that is.
 */
export function scenarioFiles(paths: readonly string[]): string[] {
  const files: string[] = [];
  const problems: Problem[] = [];
  for (const path of paths) {
    const found = statSync(path, { throwIfNoEntry: false });
    const matched = found === undefined && isDynamicPattern(path) ? matches(path) : [];
    if (matched.length > 0) files.push(...matched);
    else if (found === undefined) problems.push(notFound(path));
    else if (found.isDirectory()) {
      const inside = walk(path);
      if (inside.length === 0)
        problems.push({
          code: "SCENARIO_NOT_FOUND",
          path: [],
          file: path,
          line: 1,
          col: 1,
          message: "The folder holds no scenario.",
          expected: `files ending in ${SCENARIO_FILES.join(", ")}`,
        });
      files.push(...inside);
    } else files.push(path);
  }
  if (problems.length > 0) throw new ScenarioError(problems);
  return [...new Set(files.map((file) => relative(".", file)))];
}

function matches(pattern: string): string[] {
  return globSync(pattern, { ignore: "**/node_modules/**", expandDirectories: false })
    .filter(holdsScenarios)
    .toSorted(byCodeUnit);
}

function holdsScenarios(file: string): boolean {
  return SCENARIO_FILES.includes(extname(file)) && !file.endsWith(".d.ts");
}

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .toSorted((a, b) => byCodeUnit(a.name, b.name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.name.startsWith(".") || entry.name === "node_modules") return [];
      if (entry.isDirectory()) return walk(path);
      return holdsScenarios(entry.name) ? [path] : [];
    });
}

function notFound(path: string): Problem {
  const known = statSync("scenarios", { throwIfNoEntry: false })?.isDirectory() === true ? walk("scenarios") : [];
  const stem = (file: string): string => (file.split("/").at(-1) ?? file).replace(/\.\w+$/, "");
  const byName = nearest(stem(path), known.map(stem));
  const near = known.find((file) => stem(file) === byName) ?? nearest(path, known);
  return {
    code: "SCENARIO_NOT_FOUND",
    path: [],
    file: path,
    line: 1,
    col: 1,
    message: "There is no such file or folder.",
    expected: "a scenario file or a folder of them",
    got: `"${path}"`,
    ...(near === undefined ? {} : { nearest: near }),
  };
}
