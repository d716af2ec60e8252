import { chromeTrace } from "./chrome-trace.ts";
import type { ExportFormat } from "./export-format.ts";
import { ndjson } from "./ndjson.ts";
import { shivizLog } from "./shiviz-log.ts";
import { textTimeline } from "./text-timeline.ts";

/** Every format a run can be written in for other tools, in the order they are listed to people. */
export const EXPORT_FORMATS: readonly ExportFormat[] = [textTimeline, chromeTrace, shivizLog, ndjson];
