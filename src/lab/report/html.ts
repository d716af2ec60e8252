import { formatSeconds } from "../../trace/units.ts";
import { encodeModel } from "./data-block.ts";
import { escapeHtml } from "./escape.ts";
import { findingsHtml, stateTableHtml, topHtml } from "./html-parts.ts";
import { buttonHtml, helpHtml, keyHtml } from "./html-keys.ts";
import type { ReportModel } from "./model.ts";
import { pageScript } from "./page-script.ts";
import { pageStyle } from "./page-style.ts";
import { writersWords } from "./state-at.ts";
import { VIEWER_SCRIPT } from "./viewer-script.ts";
import { plural, shortSeconds } from "./words.ts";

/** Keys at the foot of the page; all of them are in the help. */
const KEYS = [
  ["W", "S", "zoom"],
  ["A", "D", "move"],
  ["←", "→", "previous, next state change"],
  ["N", "P", "violation"],
  ["C", "back to its cause"],
  ["Space", "play"],
  ["/", "search"],
  ["L", "copy link"],
  ["?", "all keys and marks"],
] as const;

const ALL_KEYS = [
  ...KEYS.slice(0, 3),
  ["Shift ←", "Shift →", "previous, next event"],
  ["N", "P", "next, previous violation, with what led to it"],
  ["C", "one step back towards its cause, as far as the fault"],
  ["B", "the fault before the cursor"],
  ["F", "whole run"],
  ["H", "first window"],
  ["G", "go to a time"],
  ["Space", "play, pause"],
  ["[", "]", "slower, faster"],
  ["X", "order of events instead of time: bursts open up; then, where nodes keep hybrid clocks, order of their stamps"],
  ["/", "search; Enter and arrows go from one found to the next"],
  ["L", "copy a link to this moment, window, record and search"],
  ["E", "save a picture, the records or a text of this window"],
  ["Esc", "let go of a chosen record"],
] as const;

const MARKS = [
  ["line with a head", "a message delivered; dashed: an answer; ink: a state change came from it"],
  ["×", "a message lost, at the boundary that stopped it, or half-way, or at a receiver that was down"],
  ["dotted line", "a message still on its way at the end"],
  ["ring at a head", "a message that one sent later on the same link overtook; two heads: a second copy of a message"],
  ["L C P F", "leader, candidate, pre-candidate, follower; the first letter of any other state"],
  ["diamond", "something a program or the world noted: a vote, a commit, a sync"],
  ["slanted hatch", "fenced: writes refused"],
  ["opposite hatch", "states that contradict each other: a rule was broken"],
  ["cross hatch", "the process is down; lines inside a band: it is paused"],
  ["tints, A and B", "sides of a partition; stripes: it flaps"],
  ["filled bar", "a client's call that was answered; hollow with ×: refused; open at the right: no answer"],
  ["tick in a bar", "when the call can have taken effect; choose a call: a line goes through the order of its key"],
  ["step line", "how far a wall clock is off"],
  [
    "triangle at the axis",
    "by stamps: one smaller than one given out before; filled: no larger than one that led to it",
  ],
] as const;

const BUTTONS = [
  ["play", "play", "play"],
  ["slower", "", "slower"],
  ["faster", "", "faster"],
  ["previous-event", "", "‹ event"],
  ["next-event", "", "event ›"],
  ["previous-state", "", "‹ state change"],
  ["next-state", "", "state change ›"],
  ["previous-violation", "", "‹ violation"],
  ["next-violation", "", "violation ›"],
  ["order", "axis", "virtual time"],
  ["whole", "", "whole run"],
  ["link", "", "copy link"],
  ["help", "", "keys and marks"],
] as const;

const SAVED = [
  ["picture", "picture of this window", "PNG"],
  ["overview", "picture of the whole run", "SVG"],
  ["records", "what this page knows of this window", "NDJSON"],
  ["letters", "this window in letters, for a comment", "Markdown"],
] as const;

/** Formats that the command line writes, by the tool that reads them. */
const FROM_TRACE = [
  ["chrome-trace", "Perfetto"],
  ["shiviz", "ShiViz"],
] as const;

/**
 * The report as one file that works offline: no request, no script but its own, every text escaped.
 *
 * @param overview The picture of the whole run as XML; `undefined` when it could not be drawn, with `overviewMissing` saying why.
 */
export function renderHtml(model: ReportModel, overview: string | undefined, overviewMissing = ""): string {
  const style = pageStyle();
  const script = pageScript(VIEWER_SCRIPT);
  // Everything is refused but this very script, what starts it, and style sheets in the page.
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src ${script.sources}; base-uri 'none'; form-action 'none'`;
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
<main>
${topHtml(model)}
${findingsHtml(model)}
<section class="sec" id="whole"><header><h2>The whole run</h2><p>Drag the frame to move the timeline below.</p></header>
${overview === undefined ? `<p class="note">${escapeHtml(overviewMissing)}</p>` : `<div class="wide"><div class="whole">${overview.replace(/^<\?xml[^>]*\?>/, "")}</div></div>`}</section>
<section class="sec" id="main"><header><h2 id="main-title">${escapeHtml(windowTitle(model))}</h2><p>Numbers are those of the story above.</p><span class="r">wheel zooms &ensp;·&ensp; drag moves &ensp;·&ensp; click sets the cursor</span></header>
<div class="stage" id="stage" tabindex="0" role="group" aria-label="Timeline. Arrow keys step through state changes."><canvas id="canvas" aria-hidden="true"></canvas></div>
<p class="says" id="says"></p>${barHtml(model, overview !== undefined)}<p class="note" id="drawn"></p>${leftHtml(model)}<p class="quiet" id="live" aria-live="polite"></p>
<noscript><p class="note">The timeline is drawn by this page's own script; without it, verdict, story, findings and the whole run above are complete.</p></noscript></section>
<section class="sec" id="state"><header><h2 id="state-title">All nodes at ${formatSeconds(model.cursor)}</h2><p id="state-words">${escapeHtml(writersWords(model, model.cursor))}</p><span class="r"><kbd>←</kbd> <kbd>→</kbd> previous, next state change</span></header>
${stateTableHtml(model)}</section>
${searchHtml()}
<div class="keys" id="keys">${KEYS.map(keyHtml).join("")}</div>
</main>
${helpHtml(ALL_KEYS, MARKS)}
<script type="text/plain" id="data">${encodeModel(model)}</script>
${script.html}
</body>
</html>
`;
}

/** The scrubber's buttons; each has a key too. */
function barHtml(model: ReportModel, hasOverview: boolean): string {
  const shown = BUTTONS.filter(([act]) => model.findings.length > 0 || !act.endsWith("violation"));
  const buttons = shown.map(buttonHtml);
  return `<div class="bar" role="toolbar" aria-label="Timeline">${buttons.join("")}<label>go to <input id="goto" inputmode="decimal" size="8" autocomplete="off"> s</label>${saveHtml(hasOverview)}</div>`;
}

/** What of the page can be saved, and how to get what needs the trace. */
function saveHtml(hasOverview: boolean): string {
  const files = SAVED.filter(([what]) => what !== "overview" || hasOverview).map(
    ([what, words, ending]) => `<button type="button" data-save="${what}">${words}</button> <small>${ending}</small>`,
  );
  const commands = FROM_TRACE.map(
    ([format, tool]) =>
      `<dt>${tool}</dt><dd><code id="for-${format}"></code> <button type="button" data-copy="for-${format}" aria-label="copy the command for ${tool}">copy</button></dd>`,
  );
  return `<details class="save" id="save"><summary>save</summary><ul>${files.map((file) => `<li>${file}</li>`).join("")}</ul><p>For other tools, from the trace beside this page:</p><dl>${commands.join("")}</dl></details>`;
}

function searchHtml(): string {
  const columns = ["record", "time, s", "who", "kind", "what", "end"].map(
    (name, index) => `<th${index === 1 ? ' class="num"' : ""}>${name}</th>`,
  );
  return `<section class="sec" id="search"><header><h2><label for="query">Search</label></h2><p>A name, a type, any text; words narrow each other, and - before one leaves it out.</p><span class="r"><kbd>/</kbd> &ensp;<kbd>Enter</kbd> next found</span></header>
<div class="ask"><input id="query" type="search" autocomplete="off" spellcheck="false" placeholder="dropped n1-&gt;n3 9s..14s"><p id="found-count" role="status"></p></div>
<p class="note" id="found-note" role="status"></p>
<div class="scroll"><table id="found" hidden><thead><tr>${columns.join("")}</tr></thead><tbody id="found-rows"></tbody></table></div>
<p class="note">n1-&gt;n3 &ensp; type:vote &ensp; node:n1 &ensp; client:c1 &ensp; kind:state &ensp; cause:cut &ensp; term:2 &ensp; key:x &ensp; dropped &ensp; violation &ensp; 9s..14s</p>
<p class="note">Two searches with a relation between them: type:append n1-&gt;n2 not preceded by kind:state leader within 500ms. Also preceded by, followed by, not followed by; a message counts from its sending.</p></section>`;
}

/** What there was no room for, and how to see it all the same. */
function leftHtml({ left, points, replay }: ReportModel): string {
  const parts: string[] = [];
  if (left.messages > 0)
    parts.push(
      `${plural(left.messages, "message")} more than ${formatSeconds(left.radius)} before or after the first fault and the findings ${left.messages === 1 ? "is" : "are"} not in this page; counts and marks of the whole run include them.`,
    );
  if (points.left > 0)
    parts.push(`${plural(points.left, "point")} of the commonest names ${points.left === 1 ? "is" : "are"} not in it.`);
  if (left.stamps > 0)
    parts.push(`The order of ${plural(left.stamps, "stamp")} of hybrid clocks is not in it either: they are too many.`);
  if (parts.length === 0) return "";
  return `<p class="note" id="left">${escapeHtml(`${parts.join(" ")} The run's trace.bin has them all: ${replay}`)}</p>`;
}

function windowTitle(model: ReportModel): string {
  return `${shortSeconds(model.window.from).replace(" s", "")} to ${shortSeconds(model.window.to)}`;
}
