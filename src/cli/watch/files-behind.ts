import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, extname, join, resolve } from "node:path";

const CODE = [".ts", ".mts", ".js", ".mjs"];
/** What an import may leave out. */
const ENDINGS = ["", ...CODE, ".json", ...CODE.map((extension) => `/index${extension}`)];
/** Anything in quotes that begins as a relative path does: imports of every kind, and files that code opens. */
const RELATIVE = /["'`](\.{1,2}\/[^"'`\n$]+)["'`]/g;

/**
 * Files and what they are made of: every file that code names by a relative path, and what that names in turn.
 *
 * @returns absolute paths, without packages.
 */
export function filesBehind(files: readonly string[]): string[] {
  const found = new Set<string>();
  const open = files.map((file) => resolve(file));
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (found.has(file)) continue;
    found.add(file);
    if (CODE.includes(extname(file)) && existsSync(file)) open.push(...namedIn(file));
  }
  return [...found];
}

function namedIn(file: string): string[] {
  return [...readFileSync(file, "utf8").matchAll(RELATIVE)].flatMap(([, path = ""]) => {
    const target = join(dirname(file), path);
    return ENDINGS.map((ending) => `${target}${ending}`).find(isFile) ?? [];
  });
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
