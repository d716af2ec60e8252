import { byCodeUnit } from "../../trace/plain.ts";

const DOT = 46;

/** Whether a path names a file: relative, `/`-separated, no empty, `.` or `..` segment. */
export function isFilePath(path: string): boolean {
  // Cut by hand: this runs for every operation of every disk.
  for (let start = 0; ;) {
    const slash = path.indexOf("/", start);
    const end = slash < 0 ? path.length : slash;
    const isDots =
      path.charCodeAt(start) === DOT &&
      (end === start + 1 || (end === start + 2 && path.charCodeAt(start + 1) === DOT));
    if (end === start || isDots) return false;
    if (slash < 0) return true;
    start = slash + 1;
  }
}

/** Whether a path names a directory; `""` is the root. */
export function isDirectoryPath(path: string): boolean {
  return path === "" || isFilePath(path);
}

/** The directory of a file; `""` is the root. */
export function directoryOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "" : path.slice(0, slash);
}

/** Names of the files directly in a directory, ordered by code unit. */
export function namesIn(directory: string, paths: Iterable<string>): string[] {
  const names: string[] = [];
  for (const path of paths) {
    if (directoryOf(path) === directory) names.push(path.slice(directory === "" ? 0 : directory.length + 1));
  }
  return names.sort(byCodeUnit);
}

/** Whether a file at `path` would be a directory of, or lie below, one of `paths`. */
export function clashes(path: string, paths: Iterable<string>): boolean {
  for (const other of paths) if (other.startsWith(`${path}/`) || path.startsWith(`${other}/`)) return true;
  return false;
}
