import { gzipSync } from "node:zlib";
import type { ReportModel } from "./model.ts";

/** Version of the data in a page; the viewer in the same page reads it, nobody else does. */
export const DATA_VERSION = 1;

/**
 * The model as text for a `<script type="text/plain">`: JSON with times of messages as differences, gzip, base64. Base64 has no
 * character that could end the element, whatever the run's values hold.
 */
export function encodeModel(model: ReportModel): string {
  const { sent, record } = model.messages;
  const packed = { ...model, messages: { ...model.messages, sent: deltas(sent), record: deltas(record) } };
  return gzipSync(JSON.stringify({ version: DATA_VERSION, model: packed }), { level: 9 }).toString("base64");
}

function deltas(values: readonly number[]): number[] {
  return values.map((value, index) => value - (values[index - 1] ?? 0));
}
