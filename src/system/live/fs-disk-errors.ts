import { DiskError, type DiskErrorCode } from "../ports/errors.ts";

const CODES: ReadonlyMap<string, DiskErrorCode> = new Map<string, DiskErrorCode>([
  ["ENOSPC", "DISK_FULL"],
  ["EDQUOT", "DISK_FULL"],
  ["EFBIG", "DISK_FULL"],
  ["ENOENT", "DISK_NOT_FOUND"],
  ["EROFS", "DISK_READ_ONLY"],
  ["EACCES", "DISK_READ_ONLY"],
  ["EPERM", "DISK_READ_ONLY"],
  ["ENAMETOOLONG", "DISK_PATH"],
  ["ENOTDIR", "DISK_PATH"],
  ["EISDIR", "DISK_PATH"],
  ["EEXIST", "DISK_PATH"],
  ["ENOTEMPTY", "DISK_PATH"],
  ["EINVAL", "DISK_IO"],
]);

/** The port's word for what the operating system said; an unknown word is `DISK_IO`. The original stays its `cause`. */
export function diskErrorOf(error: unknown, operation: string, path: string): DiskError {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return new DiskError(CODES.get(code ?? "") ?? "DISK_IO", operation, path, { cause: error });
}

/** @throws {DiskError} `DISK_PATH` unless the path is relative, `/`-separated, and has no empty, `.` or `..` segment. */
export function validatePath(operation: string, path: string): void {
  const isPath =
    path !== "" &&
    !path.includes("\0") &&
    !path.includes("\\") &&
    path.split("/").every((segment) => segment !== "" && segment !== "." && segment !== "..");
  if (!isPath) throw new DiskError("DISK_PATH", operation, path);
}

/** Like {@link validatePath}; `""` is the root. */
export function validateDirectory(operation: string, directory: string): void {
  if (directory !== "") validatePath(operation, directory);
}
