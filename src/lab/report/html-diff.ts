import { formatSeconds } from "../../trace/units.ts";
import { encodeModel } from "./data-block.ts";
import type { DiffModel } from "./diff-model.ts";
import { DIFF_SCRIPT } from "./diff-script.ts";
import { escapeHtml } from "./escape.ts";
import {
  becameHtml,
  countsHtml,
  factsHtml,
  leftWords,
  partingHtml,
  PRINTED_MAX,
  rowsHtml,
  searchHtml,
  stageHtml,
  statesHtml,
} from "./html-diff-parts.ts";
import { buttonHtml, helpHtml, keyHtml } from "./html-keys.ts";
import { MONO } from "./palette.ts";
import { pageScript } from "./page-script.ts";
import { pageStyle } from "./page-style.ts";
import { formatCount, plural } from "./words.ts";

const STYLE = `.two{display:grid;grid-template-columns:1fr 1fr;gap:40px;margin-top:10px}
.two h3{font-size:13px;font-weight:600;margin:0 0 6px;color:var(--ink2)}
.two p{margin:0 0 6px;font-size:15px;overflow-wrap:anywhere}
.two .what{font-weight:600}
.two pre{font:11.5px/1.55 ${MONO};white-space:pre-wrap;overflow-wrap:anywhere;background:var(--panel);padding:8px 10px;border-radius:4px;margin:6px 0}
.two ul{margin:0;padding:0 0 0 18px;font-size:13px;color:var(--ink2)}
.two .end h3{display:flex;gap:10px;align-items:center;font-size:17px;color:var(--ink);overflow-wrap:anywhere}
.two .end h3 svg{flex:none}
.two .end p{font-size:14px;color:var(--ink2)}
.story,.given{margin-top:14px}
.story td{vertical-align:baseline;overflow-wrap:anywhere}
.story a,#rows a,.found a{text-decoration:underline;text-underline-offset:3px;text-decoration-color:var(--rule2)}
.story .num{white-space:nowrap;padding-right:16px}
.story .how{white-space:nowrap;color:var(--ink2)}
.story .bad td{color:var(--badtext);font-weight:600}
.story small,#rows small{display:block;color:var(--ink2);font-weight:400}
.steps{overflow-x:auto}
.run-title{margin:14px 0 6px;font-size:14px;font-weight:600;overflow-wrap:anywhere}
.run-title small{font-weight:400;color:var(--ink2);margin-left:10px}
.facts-of tbody th,#counts tbody th{padding:5.5px 12px 5.5px 0;border-bottom-color:var(--rule);vertical-align:baseline}
.facts-of td,#rows td{overflow-wrap:anywhere;vertical-align:baseline}
#rows .t{text-align:right;white-space:nowrap}
#rows td:first-child{white-space:nowrap}
#state td{white-space:nowrap}
#state td[rowspan]{vertical-align:top}
#state .run-name{color:var(--ink2);white-space:nowrap}
#state .differs{font-weight:650;text-decoration:underline 1px dotted;text-underline-offset:4px}
.founds{display:grid;grid-template-columns:1fr 1fr;gap:32px}
.founds>section{min-width:0}
.founds h3{font-size:13px;margin:0 0 4px}
.founds p{margin:0 0 6px;font-size:13px;color:var(--ink2)}
.founds .scroll{max-height:300px}
.found td{white-space:nowrap;padding:3.5px 12px 3.5px 0}
.found td:nth-child(n+5){white-space:normal;min-width:9em;overflow-wrap:anywhere}
.found tr.at td{background:var(--panel);font-weight:600}
select{font:inherit;font-size:13px;color:var(--ink);background:var(--bg);border:1px solid var(--rule2);border-radius:3px;padding:3px 6px}
select:focus-visible,.scroll:focus-visible,.steps:focus-visible{outline:2px solid var(--lead);outline-offset:2px}
.legend{margin:6px 0 0;font-size:12px;color:var(--ink2)}
@media (max-width:1100px){.founds{grid-template-columns:1fr;gap:18px}}
@media (max-width:800px){.two{grid-template-columns:1fr;gap:18px}}
.paper{display:none}
@media print{.scroll{max-height:none;overflow:visible}.paper{display:block}#rows tbody tr:nth-child(n+${String(PRINTED_MAX + 1)}){display:none}}`;

const KEYS = [
  ["W", "S", "zoom"],
  ["A", "D", "move"],
  ["←", "→", "previous, next difference of a state, call or fault"],
  ["Shift ←", "Shift →", "previous, next difference of any kind"],
  ["H", "where they part"],
  ["Space", "play"],
  ["/", "search"],
  ["L", "copy link"],
  ["?", "all keys and marks"],
] as const;

const ALL_KEYS = [
  ...KEYS.slice(0, 5),
  ["F", "whole run"],
  ["G", "go to a time"],
  ["Space", "play, pause"],
  ["[", "]", "slower, faster"],
  ["X", "order of the events of both runs instead of time"],
  ["/", "search both; Enter and arrows go from one found to the next"],
  ["L", "copy a link to this moment, window, record and search"],
  ["Esc", "let go of a chosen record"],
] as const;

const MEANINGS = [
  ["▲", "only in this run"],
  ["■", "in both at this moment, with other contents"],
  ["○", "in both, at another moment"],
  ["dashed line", "where the runs part"],
  ["other marks", "as in the report of one run"],
] as const;

const BUTTONS = [
  ["play", "play", "play"],
  ["slower", "", "slower"],
  ["faster", "", "faster"],
  ["previous-state", "", "‹ difference"],
  ["next-state", "", "difference ›"],
  ["first", "", "where they part"],
  ["order", "axis", "virtual time"],
  ["whole", "", "whole run"],
  ["link", "", "copy link"],
  ["help", "", "keys and marks"],
] as const;

/** Two runs as one file that works offline: where they part and why, what became of it, and both timelines, which move together. */
export function renderDiffHtml(diff: DiffModel): string {
  const script = pageScript(DIFF_SCRIPT);
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src ${script.sources}; base-uri 'none'; form-action 'none'`;
  const title = `They part at ${formatSeconds(diff.time)}, event ${formatCount(diff.record)}`;
  const names = diff.runs.map((run) => `${run.scenario} seed ${run.seed}`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}">
<title>${escapeHtml(`${title} · ${names.join(" and ")} · Faultline`)}</title>
<style>${pageStyle()}
${STYLE}</style>
</head>
<body>
<main>
<div class="run"><span><b>Faultline</b><i>/</i>two runs</span><span>A ${escapeHtml(diff.labels[0])}<i>/</i>B ${escapeHtml(diff.labels[1])}</span></div>
<h1 style="margin-top:30px"><span>${escapeHtml(title)}</span></h1>
<p class="lede">${escapeHtml(`${diff.because} ${beforeWords(diff)}`)}</p>
${partingHtml(diff)}
${becameHtml(diff)}
<section class="sec" id="main"><header><h2 id="main-title">Both runs</h2><p>They move together; the marked line is where they part.</p><span class="r">wheel zooms &ensp;·&ensp; drag moves &ensp;·&ensp; click sets the cursor</span></header>
${barHtml()}
${stageHtml(diff, 0)}
${stageHtml(diff, 1)}
<p class="legend">▲ only in this run &ensp; ■ in both at this moment, with other contents &ensp; ○ in both, at another moment; one mark stands for those that lie closer than it is wide. <span id="unmarked"></span></p>
<p class="note">${escapeHtml(leftWords(diff))}</p><p class="quiet" id="live" aria-live="polite"></p>
<noscript><p class="note">The timelines are drawn by this page's own script; without it, everything above and the lists below are complete.</p></noscript></section>
${statesHtml(diff)}
${searchHtml()}
${factsHtml(diff)}
${countsHtml(diff)}
${rowsHtml(diff)}
<div class="keys" id="keys">${KEYS.map(keyHtml).join("")}</div>
</main>
${helpHtml(ALL_KEYS, MEANINGS)}
<script type="text/plain" id="data">${encodeModel(diff)}</script>
${script.html}
</body>
</html>
`;
}

/** How much both runs have in common. */
function beforeWords({ record }: DiffModel): string {
  if (record === 0) return "Not one event is the same before it.";
  return record === 1
    ? "The one event before it is the same in both."
    : `The ${plural(record, "event")} before it are the same in both.`;
}

function barHtml(): string {
  const buttons = BUTTONS.map(buttonHtml);
  return `<div class="bar" role="toolbar" aria-label="Timelines">${buttons.join("")}<label>go to <input id="goto" inputmode="decimal" size="8" autocomplete="off"> s</label><span id="cursor"></span></div>`;
}
