import { constants } from "node:fs";
import { access, mkdir } from "node:fs/promises";
import { ScenarioError } from "../lab/scenario/problems.ts";

/** Finds out before the first run, not after it, that its report has no place. */
export async function makeFolder(path: string): Promise<void> {
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
          file: "--reports",
          message: `Reports cannot be written there (${code ?? "?"}).`,
          expected: "a folder, there or to be made, or --no-report",
          got: JSON.stringify(path),
        },
      ],
      { cause: error },
    );
  }
}
