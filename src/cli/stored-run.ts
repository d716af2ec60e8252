import { readFileSync, statSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { drawn } from "../lab/explore/drawn.ts";
import { knownNames } from "../lab/run/known-names.ts";
import { toolVersion } from "../lab/run/run-scenario.ts";
import type { LoadedScenario } from "../lab/scenario/model.ts";
import { ScenarioError } from "../lab/scenario/problems.ts";
import { checkScenario } from "../lab/scenario/validate.ts";
import { decodeTrace, TraceFormatError } from "../trace/codec.ts";
import { RESULT_VERSION, type RunResult } from "../trace/result.ts";
import type { Trace } from "../trace/trace.ts";
import { nearestPath } from "./nearest-path.ts";
import { loadFile } from "./scenario-files.ts";

/** A run that can be made again: from a stored result, or from a scenario and a seed. */
export interface StoredRun {
  readonly loaded: LoadedScenario;
  readonly seed: string;
  /** What the run gave when it was stored; absent for a scenario and a seed. */
  readonly result?: RunResult;
  readonly trace?: Trace;
  /** The file whose code the scenario names. */
  readonly codeFile?: string;
}

/**
 * Reads a `result.json` (or the folder that holds it), or a scenario file.
 *
 * @param seed  Of a scenario; without it, the one it was found with.
 * @throws {ScenarioError} for a result of another version, or whose code has changed since.
 */
export async function loadStoredRun(path: string, seed: string | undefined): Promise<StoredRun> {
  const file = storedFile(path, "a result.json, its folder, or a scenario");
  const result = extname(file) === ".json" ? readResult(file) : undefined;
  if (result !== undefined) {
    if (seed !== undefined) throw refusal("SEED", file, "A result has its own seed.", "a scenario, or no --seed");
    return loadResult(file, result);
  }
  const [loaded, another] = await loadFile(file);
  if (loaded === undefined || another !== undefined)
    throw refusal("SCENARIO_SEVERAL", file, "The file holds several scenarios.", "a file of one, or a result.json");
  const own = seed ?? loaded.input.found?.seed;
  if (own === undefined)
    throw refusal("SEED", file, "The scenario does not say at which seed it fails.", "--seed, or a result.json");
  return { loaded: await drawn(loaded, own), seed: own, ...codeFileOf(loaded.source?.path) };
}

function codeFileOf(path: string | undefined): { readonly codeFile?: string } {
  return path !== undefined && /^\.[mc]?[jt]s$/.test(extname(path)) ? { codeFile: path } : {};
}

/**
 * Reads a stored result with the records beside it, as data: nothing is asked of the version or the code that made it.
 *
 * @param path  A `result.json`, or the folder that holds it.
 * @throws {ScenarioError} `RESULT_FILE` when it is none.
 */
export function readStored(path: string): { readonly result: RunResult; readonly trace: Trace | undefined } {
  const file = storedFile(path, "a result.json, or its folder");
  const result = readResult(file);
  if (result === undefined) throw refusal("RESULT_FILE", file, "The file is no result of a run.", "a result.json");
  return { result, trace: readTrace(file) };
}

function storedFile(path: string, expected: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found !== undefined) return found.isDirectory() ? join(path, "result.json") : path;
  const near = nearestPath(path);
  const problem = { code: "NOT_FOUND", path: [], file: path, message: "There is no such file or folder.", expected };
  throw new ScenarioError([
    { ...problem, got: JSON.stringify(path), ...(near === undefined ? {} : { nearest: near }) },
  ]);
}

/** Records beside a result; `undefined` when there are none. */
export function readTrace(file: string): Trace | undefined {
  const path = join(dirname(file), "trace.bin");
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
  try {
    return decodeTrace(readFileSync(path));
  } catch (error) {
    if (error instanceof TraceFormatError) throw refusal("TRACE_FILE", path, error.message, "a trace.bin");
    throw error;
  }
}

/** A stored result; `undefined` for JSON that is something else, as a scenario. */
export function readResult(file: string): RunResult | undefined {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw refusal(
      "RESULT_FILE",
      file,
      code === undefined ? "The file is not JSON." : `The file cannot be read (${code}).`,
      "a result.json",
    );
  }
  const { digest, scenario } = (value ?? {}) as { digest?: unknown; scenario?: unknown };
  return typeof digest === "string" && typeof scenario === "object" ? (value as RunResult) : undefined;
}

async function loadResult(file: string, result: RunResult): Promise<StoredRun> {
  const { schema, tool, source } = result;
  if ((schema as number) !== RESULT_VERSION || tool.version !== toolVersion()) {
    const message = `The result is of version ${tool.version} (format ${String(schema)}), this is ${toolVersion()} (format ${String(RESULT_VERSION)}).`;
    throw refusal("RESULT_VERSION", file, message, "the version that wrote it: another may give another run");
  }
  const code = codeFileOf(source?.path);
  if (code.codeFile !== undefined) {
    const [now] = await loadFile(code.codeFile);
    if (now?.source?.sha256 !== source?.sha256)
      throw refusal("RESULT_CODE", file, `${code.codeFile} has changed since the result was written.`, "the same code");
  }
  const checked = checkScenario(result.scenario, knownNames());
  if (checked.loaded === undefined) throw new ScenarioError(checked.problems.map((problem) => ({ ...problem, file })));
  const loaded = source === undefined ? checked.loaded : { ...checked.loaded, source };
  const trace = readTrace(file);
  return { loaded, seed: result.seed, result, ...(trace === undefined ? {} : { trace }), ...code };
}

function refusal(code: string, file: string, message: string, expected: string): ScenarioError {
  return new ScenarioError([{ code, path: [], file, message, expected }]);
}
