import { mkdirSync, readFileSync, rmdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { resolve } from "node:path";
import { SqlError } from "../ports/sql-engine.ts";

/** A process, so that no other one of any time is taken for it. */
interface Owner {
  readonly host: string;
  /** The machine's boot; `""` where it is not known. */
  readonly boot: string;
  readonly pid: number;
  /** When the process started, in the kernel's words; `""` where it is not known. */
  readonly started: string;
}

/** Files that this process has open. */
const open = new Set<string>();

/**
 * Takes a database file for this process, and takes away what a dead owner left: node-sqlite3-wasm locks a file by a directory beside
 * it, which outlives a killed process and would lock the file for good.
 *
 * The owner is written to `FILE.owner`. One that may be alive is never displaced: it is on another host, or its process is still there.
 *
 * @returns the way to give it back.
 * @throws {SqlError} when it has an owner, or a lock of which nobody knows whose it is.
 */
export function takeSqliteFile(path: string): () => void {
  const file = resolve(path);
  if (open.has(file)) throw refusal(file, "this process has it open already");
  const gate = `${file}.opening`;
  try {
    mkdirSync(gate);
  } catch (error) {
    throw refusal(file, `another process is just opening it; if none is, remove "${gate}"`, error);
  }
  try {
    displaceDeadOwner(file);
    writeFileSync(`${file}.owner`, JSON.stringify(thisProcess()), { flush: true });
    open.add(file);
  } finally {
    rmdirSync(gate);
  }
  return () => {
    if (open.delete(file)) rmSync(`${file}.owner`, { force: true });
  };
}

function displaceDeadOwner(file: string): void {
  const owner = readOwner(file);
  const lock = `${file}.lock`;
  if (owner === undefined) {
    if (exists(lock)) throw refusal(file, `it is locked, nobody knows by whom; if nobody uses it, remove "${lock}"`);
    return;
  }
  const name = `process ${String(owner.pid)} on ${owner.host}`;
  if (owner.host !== hostname())
    throw refusal(file, `${name} owns it, which cannot be seen from here; if it is dead, remove "${file}.owner"`);
  if (isAlive(owner)) throw refusal(file, `${name} has it open`);
  if (exists(lock)) rmdirSync(lock);
}

/** `undefined` for none. One that was not written to its end had not yet opened the file, and nothing is known of who came before. */
function readOwner(file: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(`${file}.owner`, "utf8")) as Owner;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw refusal(file, `its owner cannot be read`, error);
  }
}

function isAlive(owner: Owner): boolean {
  const self = thisProcess();
  if (owner.boot !== self.boot) return false;
  // Not in the set of open files, so it is of an earlier process with our number: in a container, every one of them.
  if (owner.pid === self.pid) return false;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
  return owner.started === startOf(owner.pid);
}

function thisProcess(): Owner {
  return {
    host: hostname(),
    boot: textOf("/proc/sys/kernel/random/boot_id"),
    pid: process.pid,
    started: startOf(process.pid),
  };
}

/** Field 22 of `/proc/PID/stat`, after the command's name, which may hold anything. */
function startOf(pid: number): string {
  const stat = textOf(`/proc/${String(pid)}/stat`);
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

function refusal(file: string, why: string, cause?: unknown): SqlError {
  return new SqlError(`open "${file}"`, why, { cause });
}
