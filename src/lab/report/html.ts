import { createHash } from "node:crypto";
import { formatSeconds } from "../../trace/units.ts";
import { encodeModel } from "./data-block.ts";
import { escapeHtml } from "./escape.ts";
import { findingsHtml, stateTableHtml, topHtml } from "./html-parts.ts";
import type { ReportModel } from "./model.ts";
import { pageStyle } from "./page-style.ts";
import { writersWords } from "./state-at.ts";
import { VIEWER_SCRIPT } from "./viewer-script.ts";
import { plural, shortSeconds } from "./words.ts";

const KEYS = [
  ["W", "S", "zoom"],
  ["A", "D", "move"],
  ["←", "→", "previous, next state change"],
  ["F", "whole run"],
  ["H", "first window"],
  ["N", "P", "violation"],
  ["?", "keys"],
] as const;

/**
 * The report as one file that works offline: no request, no script but its own, every text escaped.
 *
 * @param overview The picture of the whole run as XML; `undefined` when it could not be drawn, with `overviewMissing` saying why.
 */
export function renderHtml(model: ReportModel, overview: string | undefined, overviewMissing = ""): string {
  const style = pageStyle();
  // Everything is refused but this very script and style sheets in the page.
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${sha256(VIEWER_SCRIPT)}'; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}">
<title>${escapeHtml(`${model.headline} · ${model.scenario} · seed ${model.seed} · Faultline`)}</title>
<style>${style}</style>
</head>
<body>
${topHtml(model)}
${findingsHtml(model)}
<section class="sec" id="whole"><header><h2>The whole run</h2><p>Drag the frame to move the timeline below.</p></header>
${overview === undefined ? `<p class="note">${escapeHtml(overviewMissing)}</p>` : `<div class="whole">${overview.replace(/^<\?xml[^>]*\?>/, "")}</div>`}</section>
<section class="sec" id="main"><header><h2 id="main-title">${escapeHtml(windowTitle(model))}</h2><p>Numbers are those of the story above.</p><span class="r">wheel zooms &ensp;·&ensp; drag moves &ensp;·&ensp; click sets the cursor</span></header>
<div class="stage" id="stage" tabindex="0" role="group" aria-label="Timeline. Arrow keys step through state changes."><canvas id="canvas" aria-hidden="true"></canvas></div>
<p class="says" id="says"></p><p class="note" id="drawn"></p>${leftHtml(model)}<p class="quiet" id="live" aria-live="polite"></p>
<noscript><p class="note">The timeline is drawn by this page's own script; without it, verdict, story, findings and the whole run above are complete.</p></noscript></section>
<section class="sec" id="state"><header><h2 id="state-title">All nodes at ${formatSeconds(model.cursor)}</h2><p id="state-words">${escapeHtml(writersWords(model, model.cursor))}</p><span class="r"><kbd>←</kbd> <kbd>→</kbd> previous, next state change</span></header>
${stateTableHtml(model)}</section>
<div class="keys" id="keys">${KEYS.map(keyHtml).join("")}</div>
<script type="text/plain" id="data">${encodeModel(model)}</script>
<script>${VIEWER_SCRIPT}</script>
</body>
</html>
`;
}

/** What there was no room for, and how to see it all the same. */
function leftHtml({ left, replay }: ReportModel): string {
  if (left.messages === 0) return "";
  const words = `${plural(left.messages, "message")} more than ${formatSeconds(left.radius)} before or after the first fault and the findings ${left.messages === 1 ? "is" : "are"} not in this page; counts and marks of the whole run include them. All of them: ${replay} keeps them in trace.bin.`;
  return `<p class="note" id="left">${escapeHtml(words)}</p>`;
}

function windowTitle(model: ReportModel): string {
  return `${shortSeconds(model.window.from).replace(" s", "")} to ${shortSeconds(model.window.to)}`;
}

function keyHtml(parts: readonly string[]): string {
  const keys = parts.slice(0, -1).map((key) => `<kbd>${escapeHtml(key)}</kbd>`);
  return `<span>${keys.join(" ")} ${escapeHtml(parts[parts.length - 1] ?? "")}</span>`;
}

function sha256(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("base64");
}
