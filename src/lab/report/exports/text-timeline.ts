import { buildModel } from "../build-model.ts";
import type { ExportFormat } from "./export-format.ts";
import { textTimelineOf } from "./text-picture.ts";

/**
 * A picture of letters with verdict, story and replay line, as Markdown: for a comment on a pull request or a mail.
 *
 * A column stands for the same stretch of time in every row and shows the state that filled most of it.
 */
export const textTimeline: ExportFormat = {
  name: "text",
  extension: "md",
  about: "a timeline of letters, for a comment on a pull request",
  pieces: (result, trace, slice) => [textTimelineOf(buildModel(result, trace), slice)],
};
