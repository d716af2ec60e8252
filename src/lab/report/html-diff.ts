import { createHash } from "node:crypto";
import type { Micros } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import { encodeModel } from "./data-block.ts";
import type { DiffMark } from "./diff-match.ts";
import { THE_WORLD, type DiffModel, type DiffRecord, type DiffRow, type PartingRecord } from "./diff-model.ts";
import { DIFF_SCRIPT } from "./diff-script.ts";
import { escapeHtml } from "./escape.ts";
import { pageStyle } from "./page-style.ts";
import { formatCount, plural, shorten } from "./words.ts";

/** Rows of the list that paper has. */
const PRINTED_MAX = 40;

const STYLE = `.two{display:grid;grid-template-columns:1fr 1fr;gap:40px;margin-top:10px}
.two h3{font-size:13px;font-weight:600;margin:0 0 6px;color:var(--ink2)}
.two p{margin:0 0 6px;font-size:15px;overflow-wrap:anywhere}
.two .what{font-weight:600}
.two ul{margin:0;padding:0 0 0 18px;font-size:13px;color:var(--ink2)}
.run-title{margin:14px 0 6px;font-size:14px;font-weight:600;overflow-wrap:anywhere}
.run-title small{font-weight:400;color:var(--ink2);margin-left:10px}
#facts tbody th,#counts tbody th{padding:5.5px 12px 5.5px 0;border-bottom-color:var(--rule);vertical-align:baseline}
#facts td,#rows td{overflow-wrap:anywhere;vertical-align:baseline}
#rows .t{text-align:right;white-space:nowrap}
#rows a{text-decoration:underline;text-underline-offset:3px;text-decoration-color:var(--rule2)}
#rows td:first-child{white-space:nowrap}
#rows small{display:block;color:var(--ink2)}
select{font:inherit;font-size:13px;color:var(--ink);background:var(--bg);border:1px solid var(--rule2);border-radius:3px;padding:3px 6px}
select:focus-visible,.scroll:focus-visible{outline:2px solid var(--lead);outline-offset:2px}
.legend{margin:6px 0 0;font-size:12px;color:var(--ink2)}
@media (max-width:800px){.two{grid-template-columns:1fr;gap:18px}}
.paper{display:none}
@media print{.scroll{max-height:none;overflow:visible}.paper{display:block}#rows tbody tr:nth-child(n+${String(PRINTED_MAX + 1)}){display:none}}`;

const MARKS: Readonly<Record<DiffMark, string>> = {
  "only-first": "▲ only in A",
  "only-second": "▲ only in B",
  changed: "■ other contents",
  moved: "○ moved",
};

const KEYS = [
  ["W", "S", "zoom"],
  ["A", "D", "move"],
  ["←", "→", "previous, next difference"],
  ["Shift ←", "Shift →", "previous, next difference that is no message"],
  ["H", "where they part"],
  ["F", "whole run"],
  ["G", "go to a time"],
  ["L", "copy link"],
] as const;

/** Two runs as one file that works offline: where they part, what else differs, and both timelines, which move together. */
export function renderDiffHtml(diff: DiffModel): string {
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${sha256(DIFF_SCRIPT)}'; base-uri 'none'; form-action 'none'`;
  const title = `They part at event ${formatCount(diff.record)}, ${formatSeconds(diff.time)}`;
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
<p class="lede">${escapeHtml(ledeOf(diff))}</p>
${partingHtml(diff)}
${factsHtml(diff)}
<section class="sec" id="main"><header><h2 id="main-title">Both runs</h2><p>They move together; the marked line is where they part.</p><span class="r">wheel zooms &ensp;·&ensp; drag moves &ensp;·&ensp; click sets the cursor</span></header>
${barHtml()}
${stageHtml(diff, 0)}
${stageHtml(diff, 1)}
<p class="legend">▲ only in this run &ensp; ■ in both at this moment, with other contents &ensp; ○ in both, at another moment; one mark stands for those that lie closer than it is wide.</p>
<p class="note">${escapeHtml(leftWords(diff))}</p><p class="quiet" id="live" aria-live="polite"></p>
<noscript><p class="note">The timelines are drawn by this page's own script; without it, everything above and the list below are complete.</p></noscript></section>
${countsHtml(diff)}
${rowsHtml(diff)}
<div class="keys" id="keys">${KEYS.map(keyHtml).join("")}</div>
</main>
<script type="text/plain" id="data">${encodeModel(diff)}</script>
<script>${DIFF_SCRIPT}</script>
</body>
</html>
`;
}

/** What both runs did until they parted, and how they ended. */
function ledeOf({ record, runs: [a, b] }: DiffModel): string {
  const before =
    record === 0 ? "Nothing before it is the same." : `The ${plural(record, "event")} before it are the same in both.`;
  const ends =
    a.headline === b.headline ? `Both ended so: ${a.headline}.` : `A ended so: ${a.headline}. B: ${b.headline}.`;
  return `${record === 1 ? "The one event before it is the same in both." : before} ${ends}`;
}

function partingHtml({ record, parting }: DiffModel): string {
  const words = parting.map((one, run) =>
    one === undefined ? `${letter(run)} had ended` : `${letter(run)}: ${wordsOf(one)}`,
  );
  const at = parting.find((one) => one !== undefined)?.time ?? 0;
  const isOneTime = new Set(parting.flatMap((one) => (one === undefined ? [] : [formatSeconds(one.time)]))).size < 2;
  const when = `Event ${formatCount(record)}${isOneTime ? ` at ${formatSeconds(at)}` : ""}`;
  return `<section class="sec" id="parting"><header><h2>Where they part</h2><p>The first record that is not the same in both.</p></header>
<article class="card"><h3><a href="#t=${String(at)}" data-time="${String(at)}">${escapeHtml(shorten(`${when}. ${words.join(". ")}.`, 300))}</a></h3>
<div class="two">${parting.map((one, run) => sideHtml(one, letter(run))).join("")}</div></article></section>`;
}

function sideHtml(one: PartingRecord | undefined, name: string): string {
  if (one === undefined) return `<div><h3>${name}</h3><p>The run had ended.</p></div>`;
  const causes = one.causes.map(
    (cause) =>
      `<li>event ${formatCount(cause.record)} at ${formatSeconds(cause.time)}: ${escapeHtml(wordsOf(cause))}</li>`,
  );
  const from =
    causes.length === 0 ? "<p>It came from no other event.</p>" : `<p>It came from</p><ul>${causes.join("")}</ul>`;
  return `<div><h3>${name}, ${formatSeconds(one.time)}</h3><p class="what">${escapeHtml(wordsOf(one))}</p>${from}</div>`;
}

/** A record as a sentence; what the world does says itself whose it is. */
function wordsOf({ who, text }: DiffRecord): string {
  return who === THE_WORLD ? text : `${who} ${text}`;
}

function factsHtml({ facts }: DiffModel): string {
  const rows = facts.map(
    ({ name, first, second }) =>
      `<tr><th scope="row">${escapeHtml(name)}</th><td>${escapeHtml(first)}</td><td>${escapeHtml(second)}</td></tr>`,
  );
  if (rows.length === 0) return "";
  return `<section class="sec" id="facts"><header><h2>What else differs</h2><p>What the two results say, where they do not say the same.</p></header>
<table><thead><tr><th>what</th><th>A</th><th>B</th></tr></thead><tbody>${rows.join("")}</tbody></table></section>`;
}

function barHtml(): string {
  const buttons = [
    ["previous-state", "‹ difference"],
    ["next-state", "difference ›"],
    ["first", "where they part"],
    ["whole", "whole run"],
    ["link", "copy link"],
  ].map(([act, words]) => `<button type="button" data-act="${act ?? ""}">${words ?? ""}</button>`);
  return `<div class="bar" role="toolbar" aria-label="Timelines">${buttons.join("")}<label>go to <input id="goto" inputmode="decimal" size="8" autocomplete="off"> s</label><span id="cursor"></span></div>`;
}

function stageHtml({ runs, labels }: DiffModel, run: 0 | 1): string {
  const { scenario, seed, headline } = runs[run];
  const id = letter(run).toLowerCase();
  return `<h3 class="run-title">${letter(run)} &ensp;${escapeHtml(`${scenario}, seed ${seed}`)}<small>${escapeHtml(headline)}</small></h3>
<div class="stage" id="stage-${id}" tabindex="0" role="group" aria-label="Timeline of ${letter(run)}, ${escapeHtml(labels[run])}. Arrow keys step through differences."><canvas id="canvas-${id}" aria-hidden="true"></canvas></div>
<p class="says" id="says-${id}"></p><p class="note" id="drawn-${id}"></p>`;
}

/** What there was no room for; counts and the first divergence are of all records all the same. */
function leftWords({ marks, runs }: DiffModel): string {
  const said = runs.flatMap(({ left, points }, run) => {
    const counts: readonly (readonly [number, string])[] = [
      [marks[run as 0 | 1].left, "later mark"],
      [left.messages, "message"],
      [points.left, "point"],
    ];
    return counts.flatMap(([count, what]) => (count > 0 ? [`${plural(count, what)} of ${letter(run)}`] : []));
  });
  return said.length === 0 ? "" : `Not drawn, for want of room: ${said.join(", ")}. The tables count them.`;
}

function countsHtml({ counts }: DiffModel): string {
  const rows = counts.map(({ kind, counts: of }) => {
    const cells = [of.same, of["only-first"], of["only-second"], of.changed, of.moved];
    return `<tr><th scope="row">${kind}</th>${cells.map((count) => `<td class="num">${formatCount(count)}</td>`).join("")}</tr>`;
  });
  const head = ["the same", MARKS["only-first"], MARKS["only-second"], MARKS.changed, MARKS.moved];
  return `<section class="sec" id="counts"><header><h2>After they parted</h2><p>Records of both, matched by node, kind, name and occurrence.</p></header>
<table><thead><tr><th>kind</th>${head.map((name) => `<th class="num">${name}</th>`).join("")}</tr></thead><tbody>${rows.join("")}</tbody></table></section>`;
}

function rowsHtml({ rows, total }: DiffModel): string {
  const options = (Object.keys(MARKS) as DiffMark[]).map((mark) => `<option value="${mark}">${MARKS[mark]}</option>`);
  const listed =
    rows.length === total
      ? `All ${plural(total, "difference")}.`
      : `${formatCount(rows.length)} of ${plural(total, "difference")}: the first of each mark and kind. faultline report --format ndjson writes every record of a run.`;
  return `<section class="sec" id="differences"><header><h2>Differences</h2><p>${listed}</p></header>
<p class="bar" id="choose"><label>mark <select id="mark"><option value="">all</option>${options.join("")}</select></label><label>kind <select id="group"><option value="">all</option><option value="events">states, points, calls, faults</option><option value="messages">messages</option><option value="timers">timers</option></select></label><span id="shown" role="status"></span></p>
<div class="scroll" tabindex="0" role="region" aria-label="Differences"><table id="rows"><thead><tr><th>mark</th><th class="num">time, s</th><th>who</th><th>what</th></tr></thead><tbody>${rows.map(rowHtml).join("")}</tbody></table></div>${rows.length > PRINTED_MAX ? `<p class="note paper">On paper the first ${String(PRINTED_MAX)}.</p>` : ""}</section>`;
}

function rowHtml({ mark, group, record, by, other }: DiffRow): string {
  const moved = mark === "moved" ? `, ${signed(by)} in B` : "";
  const also = other === "" ? "" : `<small>B: ${escapeHtml(other)}</small>`;
  return `<tr data-mark="${mark}" data-group="${group}"><td>${MARKS[mark]}${moved}</td><td class="t"><a href="#t=${String(record.time)}" data-time="${String(record.time)}">${formatSeconds(record.time).replace(" s", "")}</a></td><td>${escapeHtml(record.who)}</td><td>${escapeHtml(record.text)}${also}</td></tr>`;
}

function signed(by: Micros): string {
  return by < 0 ? `${formatSeconds(Math.abs(by))} earlier` : `${formatSeconds(by)} later`;
}

function keyHtml(parts: readonly string[]): string {
  const keys = parts.slice(0, -1).map((key) => `<kbd>${escapeHtml(key)}</kbd>`);
  return `<span>${keys.join(" ")} ${escapeHtml(parts[parts.length - 1] ?? "")}</span>`;
}

function letter(run: number): "A" | "B" {
  return run === 0 ? "A" : "B";
}

function sha256(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("base64");
}
