import { spawnSync } from "node:child_process";
import { readdirSync, realpathSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import type { Runtime } from "../lab/explore/doctor-process.ts";
import { UsageError } from "./usage-error.ts";

/** Majors that Faultline is made for. */
const MAJORS = [20, 22, 24, 26];
/** How long a Node may take to tell its version, real ms. */
const ANSWER_MS = 15_000;

export interface Runtimes {
  /** Other Nodes than this one. */
  readonly found: readonly Runtime[];
  /** Places in FAULTLINE_NODES at which there is no Node. */
  readonly missing: readonly string[];
  /** Majors of which there is none. */
  readonly absent: readonly number[];
}

export interface WhereToLook {
  /** What `--node` names. */
  readonly named: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Folders of version managers; default the usual ones. */
  readonly folders?: readonly string[];
}

/**
 * Looks for other Nodes: those that are named, those in FAULTLINE_NODES, then one of each major from version managers.
 *
 * @throws {UsageError} when what is named is no Node.
 */
export function findRuntimes({ named, environment, folders = managersFolders(environment) }: WhereToLook): Runtimes {
  const found: Runtime[] = [];
  const missing: string[] = [];
  const seen = new Set([realpathSync(process.execPath)]);
  const add = (path: string): boolean => {
    const runtime = runtimeAt(path);
    if (runtime === undefined) return false;
    const real = realpathSync(runtime.path);
    if (!seen.has(real)) found.push(runtime);
    seen.add(real);
    return true;
  };
  for (const path of named)
    if (!add(path)) throw new UsageError(`--node: "${path}" is no Node.\n  Expected the path of a node binary.`);
  for (const path of (environment["FAULTLINE_NODES"] ?? "").split(delimiter))
    if (path !== "" && !add(path)) missing.push(path);
  const has = (major: number): boolean =>
    [process.version, ...found.map(({ version }) => version)].some((version) => majorOf(version) === major);
  for (const path of folders.flatMap(binariesBelow)) {
    const major = majorOf(/v?(\d+\.\d+\.\d+)/.exec(path)?.[1] ?? "");
    if (MAJORS.includes(major) && !has(major)) add(path);
  }
  return { found, missing, absent: MAJORS.filter((major) => !has(major)) };
}

/** The Node at a path, or in a folder that has one; `undefined` when nothing there answers as one. */
function runtimeAt(path: string): Runtime | undefined {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  const binary = isFolder ? (binariesIn(path)[0] ?? path) : path;
  const answer = spawnSync(binary, ["-p", "process.version"], { encoding: "utf8", timeout: ANSWER_MS });
  if (answer.error !== undefined) return undefined;
  const version = answer.stdout.trim();
  return answer.status === 0 && /^v\d+\.\d+\.\d+/.test(version) ? { version, path: binary } : undefined;
}

function majorOf(version: string): number {
  return Number(/^v?(\d+)/.exec(version)?.[1] ?? 0);
}

/** Where version managers keep a folder for each version. */
function managersFolders(environment: Readonly<Record<string, string | undefined>>): string[] {
  const home = environment["HOME"] ?? homedir();
  return [
    join(environment["NVM_DIR"] ?? join(home, ".nvm"), "versions/node"),
    join(environment["FNM_DIR"] ?? join(home, ".local/share/fnm"), "node-versions"),
    join(environment["VOLTA_HOME"] ?? join(home, ".volta"), "tools/image/node"),
    join(environment["ASDF_DATA_DIR"] ?? join(home, ".asdf"), "installs/nodejs"),
    join(home, ".local/share/mise/installs/node"),
    join(environment["N_PREFIX"] ?? "/usr/local", "n/versions/node"),
  ];
}

/** Binaries of every version in a manager's folder, the newest first. */
function binariesBelow(folder: string): string[] {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  return readdirSync(folder)
    .toSorted()
    .reverse()
    .flatMap((version) => binariesIn(join(folder, version)));
}

function binariesIn(folder: string): string[] {
  return ["bin/node", "installation/bin/node", "node", "node.exe"]
    .map((name) => join(folder, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true);
}
