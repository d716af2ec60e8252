import { basename, resolve } from "node:path";
import { ScenarioError } from "../../lab/scenario/problems.ts";

/** What a project needs in its `package.json`. */
const SCRIPTS: Readonly<Record<string, string>> = {
  test: "vitest run",
  "test:faults": "faultline run",
  sweep: "faultline sweep",
};

/** The version of vitest that goes with this version of the package. */
const VITEST = "^4.1.0";

/** A `package.json` with what it lacked, and what of it stays as it was though a project would have it otherwise. */
export interface PackageChange {
  /** `undefined` when nothing is missing. */
  readonly text: string | undefined;
  readonly added: readonly string[];
  readonly kept: readonly string[];
}

/** A `package.json` for a folder that has none. */
export function newPackage(folder: string, version: string): string {
  const name = basename(resolve(folder))
    .toLowerCase()
    .replace(/[^a-z0-9._~-]+/g, "-")
    .replace(/^[._-]+|-+$/g, "");
  return json({
    name: name === "" ? "scenarios" : name,
    version: "0.0.0",
    private: true,
    type: "module",
    scripts: SCRIPTS,
    devDependencies: { faultline: `^${version}`, vitest: VITEST },
  });
}

/**
 * Adds scripts and development dependencies that are not there; whatever is there stays, and keeps its place and indentation.
 *
 * @throws {ScenarioError} `INIT` when the text is no `package.json`.
 */
export function completePackage(text: string, file: string, version: string): PackageChange {
  const value = parse(text, file);
  const { scripts, dependencies, devDependencies } = value;
  const present = { ...asRecord(dependencies), ...asRecord(devDependencies) };
  const ownScripts = asRecord(scripts);
  const newScripts = Object.entries(SCRIPTS).filter(([name]) => !(name in ownScripts));
  const newPackages = Object.entries({ faultline: `^${version}`, vitest: VITEST }).filter(
    ([name]) => !(name in present),
  );
  const kept = Object.entries(SCRIPTS).flatMap(([name, wanted]) =>
    name in ownScripts && ownScripts[name] !== wanted ? [`script "${name}"`] : [],
  );
  if (newScripts.length + newPackages.length === 0) return { text: undefined, added: [], kept };
  const changed = {
    ...value,
    ...(newScripts.length === 0 ? {} : { scripts: { ...ownScripts, ...Object.fromEntries(newScripts) } }),
    ...(newPackages.length === 0
      ? {}
      : { devDependencies: { ...asRecord(devDependencies), ...Object.fromEntries(newPackages) } }),
  };
  const indent = /^[ \t]+(?=")/m.exec(text)?.[0] ?? "  ";
  return {
    text: json(changed, indent),
    added: [...newScripts.map(([name]) => `script "${name}"`), ...newPackages.map(([name]) => name)],
    kept,
  };
}

function parse(text: string, file: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  const problem = {
    code: "INIT",
    path: [],
    file,
    message: "The file is no object of JSON.",
    expected: "a package.json",
  };
  throw new ScenarioError([problem]);
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function json(value: unknown, indent = "  "): string {
  return `${JSON.stringify(value, undefined, indent)}\n`;
}
