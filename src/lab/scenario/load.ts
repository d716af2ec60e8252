import { createHash } from "node:crypto";
import { readFileSync, realpathSync } from "node:fs";
import { basename, extname } from "node:path";
import { ScenarioError, type Path, type Problem } from "./problems.ts";
import { checkScenario, type KnownNames } from "./validate.ts";
import type { LoadedScenario } from "./model.ts";

const DATA_FILES = [".yaml", ".yml", ".json"];
const CODE_FILES = [".ts", ".mts", ".js", ".mjs"];
/** Extensions of files that may hold scenarios. */
export const SCENARIO_FILES: readonly string[] = [...DATA_FILES, ...CODE_FILES];

export interface LoadOptions {
  /** The path as people write it, shown in errors and stored in results; relative to the working directory. */
  readonly path: string;
  /** Asked after a code file has run, since it may register names. */
  readonly known: () => Promise<KnownNames>;
  /** The package's public API, given to code files that import `faultline`. */
  readonly packageModule: () => Promise<object>;
}

/**
 * Loads the scenarios of one file: one from YAML or JSON, one or several from a code file's default export.
 *
 * @throws {ScenarioError} with every problem found, each with file, line and column where the file has them.
 */
export async function loadScenarioFile(options: LoadOptions): Promise<LoadedScenario[]> {
  const { path } = options;
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const reason =
      (error as NodeJS.ErrnoException).code === "ENOENT" ? "There is no such file" : "The file cannot be read";
    throw new ScenarioError(
      [
        {
          code: "SCENARIO_NOT_FOUND",
          path: [],
          file: path,
          line: 1,
          col: 1,
          message: `${reason}.`,
          expected: "a scenario file",
        },
      ],
      { cause: error },
    );
  }
  const source = { path, sha256: createHash("sha256").update(text).digest("hex") };
  const extension = extname(path);
  if (DATA_FILES.includes(extension)) return [await loadData(text, source, options)];
  if (CODE_FILES.includes(extension)) return loadCode(source, options);
  throw new ScenarioError([
    {
      code: "SCENARIO_FILE_TYPE",
      path: [],
      file: path,
      line: 1,
      col: 1,
      message: "The file is of no type that holds scenarios.",
      expected: `one of ${SCENARIO_FILES.join(", ")}`,
      got: `"${extension}"`,
    },
  ]);
}

async function loadData(
  text: string,
  source: { path: string; sha256: string },
  options: LoadOptions,
): Promise<LoadedScenario> {
  const { readYaml } = await import("./load-yaml.ts");
  const yaml = readYaml(text);
  const place = (problem: Problem): Problem => ({
    ...problem,
    file: source.path,
    ...(problem.line === undefined ? yaml.locate(problem.path, isAboutKey(problem) ? "key" : "value") : {}),
  });
  if (yaml.problems.length > 0) throw new ScenarioError(yaml.problems.map(place));
  const checked = checkScenario(yaml.value, await options.known());
  const problems = [...checked.problems, ...fileNameProblem(yaml.value, source.path)];
  if (problems.length > 0 || checked.loaded === undefined)
    throw new ScenarioError(problems.map(place).toSorted(byPlace));
  return { ...checked.loaded, source };
}

/** A scenario is found by its name, so its file carries it. */
function fileNameProblem(value: unknown, path: string): Problem[] {
  const name = (value as { name?: unknown } | null)?.name;
  const stem = basename(path, extname(path));
  if (typeof name !== "string" || name === stem) return [];
  return [
    {
      code: "SCENARIO_FILE_NAME",
      path: ["name"],
      message: `The scenario is called "${name}", its file "${basename(path)}".`,
      expected: `"${stem}"`,
      got: `"${name}"`,
    },
  ];
}

function isAboutKey(problem: Problem): boolean {
  return problem.code === "SCENARIO_UNKNOWN_KEY";
}

function byPlace(a: Problem, b: Problem): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.col ?? 0) - (b.col ?? 0);
}

/** Hash of each code file this process has run, by its path. */
const ran = new Map<string, string>();

async function loadCode(source: { path: string; sha256: string }, options: LoadOptions): Promise<LoadedScenario[]> {
  const { createJiti } = await import("jiti");
  // The scenario's `faultline` is the very module that runs it: what the file registers is what the run finds.
  const file = realpathSync(source.path);
  const jiti = createJiti(file, {
    virtualModules: { faultline: await options.packageModule() },
    fsCache: false,
    // Files that share code must get the same objects: a program has one name, and a name one program.
    moduleCache: true,
    interopDefault: false,
  });
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- The cache of modules is an object by path.
  if (ran.has(file) && ran.get(file) !== source.sha256) delete jiti.cache[file];
  ran.set(file, source.sha256);
  let module: { default?: unknown };
  try {
    module = await jiti.import(file);
  } catch (error) {
    if (error instanceof ScenarioError)
      throw new ScenarioError(
        error.problems.map((problem) => ({ ...problem, file: source.path })),
        { cause: error },
      );
    const message =
      error instanceof Error ? (error.stack ?? error.message).split("\n").slice(0, 4).join("\n  ") : String(error);
    throw new ScenarioError(
      [{ code: "SCENARIO_CODE", path: [], file: source.path, message: `The file does not run: ${message}` }],
      { cause: error },
    );
  }
  const exported = module.default;
  if (exported === undefined) {
    throw new ScenarioError([
      {
        code: "SCENARIO_CODE",
        path: [],
        file: source.path,
        message: "The file has no default export.",
        expected: "export default defineScenario({ … }), or an array of them",
      },
    ]);
  }
  const list = Array.isArray(exported) ? (exported as unknown[]) : [exported];
  const known = await options.known();
  const problems: Problem[] = [];
  const loaded: LoadedScenario[] = [];
  list.forEach((raw, i) => {
    const checked = checkScenario(raw, known);
    const base: Path = Array.isArray(exported) ? [i] : [];
    problems.push(
      ...checked.problems.map((problem) => ({ ...problem, file: source.path, path: [...base, ...problem.path] })),
    );
    if (checked.loaded !== undefined) loaded.push({ ...checked.loaded, source });
  });
  if (problems.length > 0) throw new ScenarioError(problems);
  return loaded;
}
