import type { Trace } from "../../../trace/trace.ts";
import type { ExportFormat, ExportSlice } from "./export-format.ts";

/** The records of a slice as JSON, one a line, as docs/records.md describes them. */
export const ndjson: ExportFormat = {
  name: "ndjson",
  extension: "ndjson",
  about: "records as JSON, one a line",
  pieces: (_, trace, slice) => lines(trace, slice),
};

function* lines(trace: Trace, { from, to }: ExportSlice): Iterable<string> {
  for (let id = 0; id < trace.count; id++) {
    const time = trace.time(id);
    if (time > to) return;
    if (time >= from) yield `${JSON.stringify(trace.record(id))}\n`;
  }
}
