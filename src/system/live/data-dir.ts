import { mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { FailStopError } from "../ports/errors.ts";
import { isAlive, isElsewhere, nameOf, thisProcess, type ProcessOwner } from "./process-owner.ts";

/** Directories that this process has taken. */
const taken = new Set<string>();

/**
 * Takes the data directory of a node for this process, and makes it when it is not there.
 *
 * The file `node` says for good whose directory it is, `owner` which process has it. One that was killed is recognised, and displaced;
 * one on another host never is.
 *
 * @returns the way to give it back.
 * @throws {FailStopError} when it is another node's, or a process may be alive that has it. Nothing was changed.
 */
export function takeDataDir(path: string, id: string): () => void {
  const directory = resolve(path);
  if (taken.has(directory)) throw refusal(directory, id, "this process has it already");
  mkdirSync(directory, { recursive: true });
  const gate = join(directory, "opening");
  try {
    mkdirSync(gate);
  } catch (error) {
    throw refusal(directory, id, `another process is just taking it; if none is, remove "${gate}"`, error);
  }
  try {
    refuseOthers(directory, id);
    writeFileSync(join(directory, "owner"), JSON.stringify(thisProcess()), { flush: true });
    taken.add(directory);
  } finally {
    rmdirSync(gate);
  }
  return () => {
    if (taken.delete(directory)) rmSync(join(directory, "owner"), { force: true });
  };
}

function refuseOthers(directory: string, id: string): void {
  const node = textOf(join(directory, "node"))?.trim();
  if (node !== undefined && node !== id) throw refusal(directory, id, `it belongs to node ${node}`);
  const owner = ownerOf(directory);
  if (owner !== undefined && isElsewhere(owner))
    throw refusal(
      directory,
      id,
      `${nameOf(owner)} has it, which cannot be seen from here; if it is dead, remove "owner"`,
    );
  if (owner !== undefined && isAlive(owner)) throw refusal(directory, id, `${nameOf(owner)} has it`);
  if (node !== undefined) return;
  const file = join(directory, "node");
  writeFileSync(`${file}.next`, `${id}\n`, { flush: true });
  renameSync(`${file}.next`, file);
}

/** `undefined` for none. One that was not written to its end had not yet touched anything. */
function ownerOf(directory: string): ProcessOwner | undefined {
  const text = textOf(join(directory, "owner"));
  try {
    return text === undefined ? undefined : (JSON.parse(text) as ProcessOwner);
  } catch {
    return undefined;
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function refusal(directory: string, id: string, why: string, cause?: unknown): FailStopError {
  return new FailStopError(
    `Node ${id} cannot have the data directory "${directory}": ${why}.`,
    { id, directory },
    { cause },
  );
}
