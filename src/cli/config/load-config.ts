import { readFileSync } from "node:fs";
import { dirname, extname, join, relative, resolve } from "node:path";
import type { YamlSource } from "../../lab/scenario/load-yaml.ts";
import { explainIssues } from "../../lab/scenario/explain.ts";
import { ScenarioError, type Problem } from "../../lab/scenario/problems.ts";
import { configSchema, type Config } from "./config-schema.ts";
import { configsNear } from "./find-config.ts";

/**
 * Reads a config file; its paths become relative to the working directory.
 *
 * @throws {ScenarioError} with every problem, each with the file and the key.
 */
export async function loadConfig(file: string, cwd: string): Promise<Config> {
  const text = readText(file, cwd);
  const isData = extname(file) === ".json";
  const yaml = isData ? (await import("../../lab/scenario/load-yaml.ts")).readYaml(text) : undefined;
  if (yaml !== undefined && yaml.problems.length > 0)
    throw new ScenarioError(yaml.problems.map((problem) => ({ ...problem, file, code: "CONFIG_SYNTAX" })));
  const raw = yaml === undefined ? await runCode(file, cwd) : yaml.value;
  return atPlace(
    checkConfig(raw, (problem) => placed(problem, file, yaml)),
    dirname(file),
  );
}

/**
 * Checks settings as written.
 *
 * @param place  Says where a problem is.
 * @throws {ScenarioError} with every problem.
 */
export function checkConfig(raw: unknown, place: (problem: Problem) => Problem): Config {
  const parsed = configSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const problems = explainIssues(parsed.error.issues, raw, configSchema).map((problem) => ({
    ...problem,
    code: problem.code.replace(/^SCENARIO_/, "CONFIG_"),
    message: problem.message.replace(/^the scenario/, "The configuration"),
  }));
  throw new ScenarioError(problems.map(place));
}

function placed(problem: Problem, file: string, yaml: YamlSource | undefined): Problem {
  const isAboutKey = problem.code === "CONFIG_UNKNOWN_KEY";
  return { ...problem, file, ...yaml?.locate(problem.path, isAboutKey ? "key" : "value") };
}

function readText(file: string, cwd: string): string {
  try {
    return readFileSync(resolve(cwd, file), "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "?";
    const [near] = configsNear(resolve(cwd, file));
    const problem: Problem = {
      code: "CONFIG_NOT_FOUND",
      path: [],
      file,
      message: `The config file cannot be read (${code}).`,
      expected: "a .ts, .js or .json file of settings",
      ...(near === undefined ? {} : { nearest: relative(cwd, near) }),
    };
    throw new ScenarioError([problem], { cause: error });
  }
}

async function runCode(file: string, cwd: string): Promise<unknown> {
  const [{ createJiti }, faultline] = await Promise.all([import("jiti"), import("../../index.ts")]);
  const path = resolve(cwd, file);
  const jiti = createJiti(path, {
    virtualModules: { faultline },
    fsCache: false,
    moduleCache: false,
    interopDefault: false,
  });
  let module: { default?: unknown };
  try {
    module = await jiti.import(path);
  } catch (error) {
    const message =
      error instanceof Error ? (error.stack ?? error.message).split("\n").slice(0, 4).join("\n  ") : String(error);
    throw refusal(file, `The file does not run: ${message}`, error);
  }
  if (module.default === undefined) throw refusal(file, "The file has no default export.");
  return module.default;
}

function refusal(file: string, message: string, cause?: unknown): ScenarioError {
  const expected = "export default defineConfig({ … })";
  return new ScenarioError([{ code: "CONFIG_CODE", path: [], file, message, expected }], { cause });
}

/** Paths as seen from where the file's folder is seen from. */
function atPlace(config: Config, folder: string): Config {
  const at = (path: string): string => (resolve(path) === path ? path : join(folder, path));
  const { scenarios, reports, outputFiles } = config;
  return {
    ...config,
    ...(scenarios === undefined ? {} : { scenarios: scenarios.map(at) }),
    ...(reports === undefined ? {} : { reports: at(reports) }),
    ...(outputFiles === undefined
      ? {}
      : {
          outputFiles: Object.fromEntries(
            Object.entries(outputFiles).flatMap(([name, path]) => (path === undefined ? [] : [[name, at(path)]])),
          ),
        }),
  };
}
