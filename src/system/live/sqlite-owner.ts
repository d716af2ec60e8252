import { mkdirSync, readFileSync, rmdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { SqlError } from "../ports/sql-engine.ts";
import { isAlive, isElsewhere, nameOf, thisProcess, type ProcessOwner } from "./process-owner.ts";

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
  const name = nameOf(owner);
  if (isElsewhere(owner))
    throw refusal(file, `${name} owns it, which cannot be seen from here; if it is dead, remove "${file}.owner"`);
  if (isAlive(owner)) throw refusal(file, `${name} has it open`);
  if (exists(lock)) rmdirSync(lock);
}

/** `undefined` for none. One that was not written to its end had not yet opened the file, and nothing is known of who came before. */
function readOwner(file: string): ProcessOwner | undefined {
  try {
    return JSON.parse(readFileSync(`${file}.owner`, "utf8")) as ProcessOwner;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw refusal(file, `its owner cannot be read`, error);
  }
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

function refusal(file: string, why: string, cause?: unknown): SqlError {
  return new SqlError(`open "${file}"`, why, { cause });
}
