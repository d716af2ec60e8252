import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encodeTrace } from "../../trace/codec.ts";
import type { RunResult } from "../../trace/result.ts";
import type { Trace } from "../../trace/trace.ts";

export interface WrittenRun {
  readonly directory: string;
  /** The timeline; absent for a run without records. */
  readonly html?: string;
}

/** Writes result, records and timeline of a run to `<reports>/<scenario>-<seed>/`; each file appears whole or not at all. */
export async function writeRun(reports: string, result: RunResult, trace: Trace | undefined): Promise<WrittenRun> {
  const directory = join(reports, `${result.scenarioName}-${result.seed}`);
  await mkdir(directory, { recursive: true });
  await writeWhole(join(directory, "result.json"), `${JSON.stringify(result, undefined, 2)}\n`);
  if (trace === undefined) return { directory };
  await writeWhole(join(directory, "trace.bin"), encodeTrace(trace));
  const { writeReport } = await import("../report/write-report.ts");
  const { html } = await writeReport(directory, result, trace);
  return { directory, html };
}

/** Writes a file that appears whole or not at all. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${String(process.pid)}.tmp`;
  try {
    await writeFile(temporary, content);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
