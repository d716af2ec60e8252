import { posix } from "node:path";
import ts from "typescript";
import { PROTOCOLS, ROOMS, type Room } from "./architecture-table.ts";

/** The room of a file under `src/`, or `undefined` for a file that stands in none. */
export function roomOf(file: string): Room | undefined {
  if (PROTOCOLS.files.test(file)) return PROTOCOLS;
  const rooms = ROOMS.filter(({ room }) => file === room || file.startsWith(`${room}/`));
  return rooms.sort((a, b) => b.room.length - a.room.length)[0];
}

/** Every module a file imports: by statement, for types only, or by a call. */
export function importsOf(text: string): string[] {
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
}

/**
 * Judges imports by the table.
 *
 * @param files  Path under `src/` → source text.
 * @returns One line for each import that may not be, and for each file without a room.
 */
export function forbiddenImports(files: ReadonlyMap<string, string>): string[] {
  const found: string[] = [];
  for (const [file, text] of files) {
    const room = roomOf(file);
    if (room === undefined) {
      found.push(`${file} stands in no room of the table.`);
      continue;
    }
    for (const imported of importsOf(text)) {
      if (!imported.startsWith(".")) {
        if (room.packages !== undefined && !room.packages.includes(imported))
          found.push(`${file} (${room.room}) imports the package ${imported}.`);
        continue;
      }
      const target = posix.join(posix.dirname(file), imported);
      const other = roomOf(target);
      const isAllowed =
        other !== undefined &&
        (other.room === room.room || room.mayImport.includes("*") || room.mayImport.includes(other.room));
      if (!isAllowed) found.push(`${file} (${room.room}) imports ${target} (${other?.room ?? "no room"}).`);
    }
  }
  return found;
}

/** The first cycle of imports, as the files on it; empty when there is none. */
export function findCycle(files: ReadonlyMap<string, string>): string[] {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): string[] => {
    const place = path.indexOf(file);
    if (place >= 0) return [...path.slice(place), file];
    const text = files.get(file);
    if (done.has(file) || text === undefined) return [];
    path.push(file);
    for (const imported of importsOf(text)) {
      if (!imported.startsWith(".")) continue;
      const cycle = visit(posix.join(posix.dirname(file), imported));
      if (cycle.length > 0) return cycle;
    }
    path.pop();
    done.add(file);
    return [];
  };
  for (const file of files.keys()) {
    const cycle = visit(file);
    if (cycle.length > 0) return cycle;
  }
  return [];
}
