import { gzipSync } from "node:zlib";
import { packColumns } from "./columns.ts";
import type { DiffModel } from "./diff-model.ts";
import type { ReportModel } from "./model.ts";
import { squeezeRun } from "./squeeze-run.ts";
import { toTables } from "./tables.ts";

/** Version of the data in a page; the viewer in the same page reads it, nobody else does. */
export const DATA_VERSION = 3;

/**
 * The model as text for a `<script type="text/plain">`: columns as bytes, the rest as JSON before them, gzip, base64. Base64 has no
 * character that could end the element, whatever the run's values hold.
 *
 * What other columns tell is left out first, then lists become tables, then columns bytes. Once unpacked: the JSON's length in bytes
 * (4, low byte first), the JSON, the columns.
 */
export function encodeModel(model: ReportModel | DiffModel): string {
  const squeezed = "runs" in model ? { ...model, runs: model.runs.map(squeezeRun) } : squeezeRun(model);
  const tables = toTables(squeezed);
  const { rest, columns, bytes } = packColumns(tables.rest);
  const head = Buffer.from(JSON.stringify({ version: DATA_VERSION, columns, values: tables.values, rest }), "utf8");
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.length);
  return gzipSync(Buffer.concat([length, head, bytes]), { level: 9 }).toString("base64");
}
