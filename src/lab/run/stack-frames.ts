import { relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of this package's own sources, built or not. */
const OWN = fileURLToPath(new URL("../../", import.meta.url));
/** What runs and watches a program; the programs and components themselves may be where a leak is. */
const HARNESS = ["cli", "integrations", "lab", "sim", "trace"].map((room) => `${OWN}${room}${sep}`);

/** The frames of a stack that are the program's, innermost first, with paths as one reads them here. */
export function programFrames(stack: string): string[] {
  return stack
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line.startsWith("at "))
    .map((line) => line.replace(/file:\/\/[^\s)]+/g, pathOf))
    .filter(
      (line) => !/\bnode:|evalmachine\.<anonymous>/.test(line) && !HARNESS.some((folder) => line.includes(folder)),
    )
    .map((line) => line.replaceAll(`${process.cwd()}${sep}`, ""));
}

/** `file:line:col` of the innermost frame that has one; `undefined` for none. */
export function placeOf(frames: readonly string[]): string | undefined {
  for (const frame of frames) {
    const place = /(?:\(|^at (?:async )?)((?:[A-Za-z]:)?[^()<>]+:\d+:\d+)\)?$/.exec(frame)?.[1];
    if (place !== undefined) return relativeTo(place);
  }
  return undefined;
}

function pathOf(url: string): string {
  const [, file = url, rest = ""] = /^(.*?)((?::\d+){0,2})$/.exec(url) ?? [];
  return `${fileURLToPath(file)}${rest}`;
}

function relativeTo(place: string): string {
  const here = relative(".", place);
  return here.startsWith("..") ? place : here;
}
