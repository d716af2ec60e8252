import { constants } from "node:fs";
import { access, mkdir } from "node:fs/promises";
import { ScenarioError } from "../lab/scenario/problems.ts";

/** Finds out before the first run, not after it, that its report has no place. */
export async function makeFolder(
  path: string,
  option = "--reports",
  expected = "a folder, there or to be made, or --no-report",
): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
    await access(path, constants.W_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ScenarioError(
      [
        {
          code: "REPORTS",
          path: [],
          file: option,
          message: `Reports cannot be written there (${code ?? "?"}).`,
          expected,
          got: JSON.stringify(path),
        },
      ],
      { cause: error },
    );
  }
}

/** A report that has a place and still cannot be written: the disk is full, the folder went away. Exit 70. */
export class ReportsError extends Error {
  override name = "ReportsError";
  readonly code = "REPORTS_WRITE";
  constructor(path: string, cause: NodeJS.ErrnoException) {
    super(`REPORTS_WRITE: ${path} cannot be written (${cause.code ?? "?"}). No file is left half-written.`, { cause });
  }
}

/**
 * Does work that writes reports.
 *
 * @throws {ReportsError} when the system says that it cannot be done; whatever else the work throws.
 */
export async function writing<T>(path: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code !== undefined && syscall !== undefined) throw new ReportsError(path, error as NodeJS.ErrnoException);
    throw error;
  }
}
