import type { FinishedRun } from "../../lab/run/run-scenario.ts";
import { writeRun } from "../../lab/run/write-run.ts";

/**
 * Writes something of a failure to the reports folder.
 *
 * @param write  Writes it, and gives its place.
 * @returns the line that names the place, or says why there is none: the failure itself is told all the same.
 */
export async function reportLine(label: string, folder: string, write: () => Promise<string>): Promise<string> {
  try {
    return `${label}${await write()}`;
  } catch (error) {
    const { code, syscall, message } = error as NodeJS.ErrnoException;
    if (code === undefined || syscall === undefined) throw error;
    return `${label}none: ${folder} cannot be written (${message}); FAULTLINE_REPORTS names another folder`;
  }
}

/** Writes a run. @returns its timeline; its folder where no records were kept. */
export async function writtenRun(reports: string, { result, trace }: FinishedRun): Promise<string> {
  const { directory, html } = await writeRun(reports, result, trace);
  return html ?? directory;
}
