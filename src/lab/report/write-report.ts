import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { RunResult } from "../../trace/result.ts";
import type { Trace } from "../../trace/trace.ts";
import { buildModel } from "./build-model.ts";
import { renderHtml } from "./html.ts";
import { ReportError } from "./report-error.ts";
import { renderOverview } from "./svg-overview.ts";
import { loadSvgRenderer, type SvgRenderer } from "./svg-renderer.ts";

/**
 * Writes `timeline.html` and `overview.svg` into a directory, each whole or not at all.
 *
 * @returns Path of the page. Without the optional package d3-node there is no picture of the whole run, and the page says so.
 */
export async function writeReport(
  directory: string,
  result: RunResult,
  trace: Trace,
  load: () => Promise<SvgRenderer> = loadSvgRenderer,
): Promise<{ html: string }> {
  const model = buildModel(result, trace);
  let overview: string | undefined;
  let missing = "";
  try {
    overview = renderOverview(model, await load());
  } catch (error) {
    if (!(error instanceof ReportError)) throw error;
    missing = error.message;
  }
  await mkdir(directory, { recursive: true });
  const picture = join(directory, "overview.svg");
  if (overview === undefined) await rm(picture, { force: true });
  else await writeWhole(picture, `${overview}\n`);
  const html = join(directory, "timeline.html");
  await writeWhole(html, renderHtml(model, overview, missing));
  return { html };
}

/** Writes a page that appears whole or not at all. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const draft = `${path}.${String(process.pid)}.tmp`;
  try {
    await writeFile(draft, text, "utf8");
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
