import type { Micros } from "../../trace/record.ts";
import { formatSeconds } from "../../trace/units.ts";
import type { DiffMark } from "./diff-match.ts";
import { THE_WORLD } from "./diff-model.ts";
import type { DiffFact, DiffModel, DiffRecord, DiffRow, DiffStep, PartingRecord } from "./diff-model.ts";
import { diffStates, diffStateWords } from "./diff-state.ts";
import { stepTime } from "./diff-story.ts";
import { escapeHtml } from "./escape.ts";
import { cellHtml, outcomeMark } from "./html-parts.ts";
import { formatCount, plural, shorten } from "./words.ts";

/** Rows of the list that paper has. */
export const PRINTED_MAX = 40;
/** Steps shown at once; the others when they are asked for. */
const STEPS_MAX = 12;

const MARKS: Readonly<Record<DiffMark, string>> = {
  "only-first": "▲ only in A",
  "only-second": "▲ only in B",
  changed: "■ other contents",
  moved: "○ moved",
};

/** The first record that differs, as each run has it, and what the runs were given differently. */
export function partingHtml({ record, parting, facts }: DiffModel): string {
  const [a, b] = parting;
  // Of a message, say, whose contents alone are others.
  const isOneSentence = a !== undefined && b !== undefined && wordsOf(a) === wordsOf(b);
  const words = isOneSentence
    ? [`In both: ${wordsOf(a)}, with other contents`]
    : parting.map((one, run) => (one === undefined ? `${letter(run)} had ended` : `${letter(run)}: ${wordsOf(one)}`));
  const at = parting.find((one) => one !== undefined)?.time ?? 0;
  const isOneTime = new Set(parting.flatMap((one) => (one === undefined ? [] : [formatSeconds(one.time)]))).size < 2;
  const when = `Event ${formatCount(record)}${isOneTime ? ` at ${formatSeconds(at)}` : ""}`;
  const given = facts.filter(({ isGiven }) => isGiven === true);
  const table = given.length === 0 ? "" : factsTable("given", "what they were given", given);
  return `<section class="sec" id="parting"><header><h2>Where they part</h2><p>The first record that is not the same in both.</p></header>
<article class="card"><h3><a href="#t=${String(at)}" data-time="${String(at)}">${escapeHtml(shorten(`${when}. ${words.join(". ")}.`, 300))}</a></h3>
<div class="two">${parting.map((one, run) => sideHtml(one, letter(run), isOneSentence)).join("")}</div>${table}</article></section>`;
}

function sideHtml(one: PartingRecord | undefined, name: string, isWhole: boolean): string {
  if (one === undefined) return `<div><h3>${name}</h3><p>The run had ended.</p></div>`;
  const causes = one.causes.map(
    (cause) =>
      `<li>event ${formatCount(cause.record)} at ${formatSeconds(cause.time)}: ${escapeHtml(wordsOf(cause))}</li>`,
  );
  const from =
    causes.length === 0 ? "<p>It came from no other event.</p>" : `<p>It came from</p><ul>${causes.join("")}</ul>`;
  return `<div><h3>${name}, ${formatSeconds(one.time)}</h3><p class="what">${escapeHtml(wordsOf(one))}</p>${isWhole ? `<pre>${escapeHtml(one.whole)}</pre>` : ""}${from}</div>`;
}

/** A record as a sentence; what the world does says itself whose it is. */
function wordsOf({ who, text }: DiffRecord): string {
  return who === THE_WORLD ? text : `${who} ${text}`;
}

/** How each run ended, and both stories as one, with the time of each step in each run. */
export function becameHtml({ runs, story }: DiffModel): string {
  const ends = runs.map(({ outcome, headline, lede }, run) => {
    return `<div class="end"><h3>${outcomeMark(outcome)}<span>${letter(run)}: ${escapeHtml(headline)}</span></h3><p>${escapeHtml(lede)}</p></div>`;
  });
  return `<section class="sec" id="became"><header><h2>What became of it</h2><p>${story.length === 0 ? "Neither run tells a story." : "Both stories as one; a dash where it did not happen."}</p></header>
<div class="two">${ends.join("")}</div>${stepsHtml(story)}</section>`;
}

function stepsHtml(story: readonly DiffStep[]): string {
  if (story.length === 0) return "";
  const isLong = story.length > STEPS_MAX + 2;
  const rest = isLong ? story.slice(STEPS_MAX) : [];
  const more =
    rest.length === 0
      ? ""
      : `<details class="more"><summary>${plural(rest.length, "more step")}</summary>${stepsTable(rest)}</details>`;
  return stepsTable(isLong ? story.slice(0, STEPS_MAX) : story) + more;
}

function stepsTable(steps: readonly DiffStep[]): string {
  const rows = steps.map(({ times, text, other, isBad }) => {
    const cells = times.map((time) => {
      const link = `<a href="#t=${String(time)}" data-time="${String(time)}">${stepTime(time)}</a>`;
      return `<td class="num">${time < 0 ? "–" : link}</td>`;
    });
    const also = other === "" ? "" : `<small>B: ${escapeHtml(other)}</small>`;
    return `<tr${isBad ? ' class="bad"' : ""}>${cells.join("")}<td class="how">${howWords(times)}</td><td>${escapeHtml(text)}${also}</td></tr>`;
  });
  return `<div class="steps"><table class="story"><thead><tr><th class="num">A, s</th><th class="num">B, s</th><th>how</th><th>what happened</th></tr></thead><tbody>${rows.join("")}</tbody></table></div>`;
}

function howWords([first, second]: DiffStep["times"]): string {
  if (first < 0) return "▲ only in B";
  if (second < 0) return "▲ only in A";
  return first === second ? "both" : `○ ${signed(second - first)} in B`;
}

/** What the results say differently of how the runs ended. */
export function factsHtml({ facts }: DiffModel): string {
  const came = facts.filter(({ isGiven }) => isGiven !== true);
  if (came.length === 0) return "";
  return `<section class="sec" id="facts"><header><h2>What else differs</h2><p>What the two results say, where they do not say the same.</p></header>
${factsTable("came", "what", came)}</section>`;
}

function factsTable(kind: string, head: string, facts: readonly DiffFact[]): string {
  const rows = facts.map(
    ({ name, first, second }) =>
      `<tr><th scope="row">${escapeHtml(name)}</th><td>${escapeHtml(first)}</td><td>${escapeHtml(second)}</td></tr>`,
  );
  return `<table class="facts-of ${kind}"><thead><tr><th>${head}</th><th>A</th><th>B</th></tr></thead><tbody>${rows.join("")}</tbody></table>`;
}

export function stageHtml({ runs, labels }: DiffModel, run: 0 | 1): string {
  const { scenario, seed, headline } = runs[run];
  const id = letter(run).toLowerCase();
  return `<h3 class="run-title">${letter(run)} &ensp;${escapeHtml(`${scenario}, seed ${seed}`)}<small>${escapeHtml(headline)}</small></h3>
<div class="stage" id="stage-${id}" tabindex="0" role="group" aria-label="Timeline of ${letter(run)}, ${escapeHtml(labels[run])}. Arrow keys step through differences."><canvas id="canvas-${id}" aria-hidden="true"></canvas></div>
<p class="says" id="says-${id}"></p><p class="note" id="drawn-${id}"></p>`;
}

/** What there was no room for; counts and the first divergence are of all records all the same. */
export function leftWords({ marks, runs }: DiffModel): string {
  const said = runs.flatMap(({ left, points }, run) => {
    const counts: readonly (readonly [number, string])[] = [
      [marks[run as 0 | 1].left, "later mark"],
      [left.messages, "message"],
      [points.left, "point"],
    ];
    return counts.flatMap(([count, what]) => (count > 0 ? [`${plural(count, what)} of ${letter(run)}`] : []));
  });
  const isSearched = marks.some(({ left }) => left > 0)
    ? " The words only-A, only-B, changed and moved of a search know no later marks either."
    : "";
  return said.length === 0
    ? ""
    : `Not in this page, for want of room: ${said.join(", ")}. The tables count them.${isSearched}`;
}

/** The table of all nodes of both runs at the first cursor; the viewer rewrites it when the cursor moves. */
export function statesHtml({ runs, time }: DiffModel): string {
  const { columns, rows } = diffStates(runs, time);
  const head = columns.map(({ name, isNumber }) => `<th${isNumber ? ' class="num"' : ""}>${escapeHtml(name)}</th>`);
  const body = rows.map(({ run, node, span, cells }) => {
    const tds = cells.map((cell, place) => {
      const kinds = [
        ...(cell.isBad === true ? ["bad"] : []),
        ...(columns[place]?.isNumber === true ? ["num"] : []),
        ...(cell.isDifferent ? ["differs"] : []),
      ];
      return `<td${kinds.length === 0 ? "" : ` class="${kinds.join(" ")}"`}>${cell.isDifferent ? "≠ " : ""}${cellHtml(cell)}</td>`;
    });
    const name = span === 0 ? "" : `<td rowspan="${String(span)}"><b>${escapeHtml(node)}</b></td>`;
    return `<tr>${name}<td class="run-name">${run}</td>${tds.join("")}</tr>`;
  });
  return `<section class="sec" id="state"><header><h2 id="state-title">All nodes at ${formatSeconds(time)}</h2><p id="state-words">${escapeHtml(diffStateWords(runs, time))}</p><span class="r">≠ differs at this moment</span></header>
<div class="steps" tabindex="0" role="region" aria-label="All nodes"><table><thead><tr><th>node</th><th>run</th>${head.join("")}</tr></thead><tbody id="state-rows">${body.join("")}</tbody></table></div></section>`;
}

export function searchHtml(): string {
  const columns = ["mark", "time, s", "who", "kind", "what", "end"].map(
    (name, index) => `<th${index === 1 ? ' class="num"' : ""}>${name}</th>`,
  );
  const lists = ["A", "B"].map((run) => {
    const id = run.toLowerCase();
    return `<section aria-label="Found in ${run}"><h3>${run}</h3><p id="found-count-${id}" role="status"></p><p class="note" id="found-note-${id}"></p>
<div class="scroll" tabindex="0" role="region" aria-label="Rows found in ${run}"><table id="found-${id}" class="found" hidden><thead><tr>${columns.join("")}</tr></thead><tbody id="found-rows-${id}"></tbody></table></div></section>`;
  });
  return `<section class="sec" id="search"><header><h2><label for="query">Search both</label></h2><p>Words as in a report, and those below; words narrow each other, and - before one leaves it out.</p><span class="r"><kbd>/</kbd> &ensp;<kbd>Enter</kbd> next found, in either</span></header>
<div class="ask"><input id="query" type="search" autocomplete="off" spellcheck="false" placeholder="only-B dropped n1-&gt;n3"></div>
<div class="founds">${lists.join("")}</div>
<p class="note">in:A &ensp; in:B &ensp; only-A &ensp; only-B &ensp; changed &ensp; moved &ensp; n1-&gt;n3 &ensp; type:vote &ensp; node:n1 &ensp; kind:state &ensp; term:2 &ensp; dropped &ensp; 9s..14s &ensp; A preceded by B within 2s</p></section>`;
}

export function countsHtml({ counts }: DiffModel): string {
  const rows = counts.map(({ kind, counts: of }) => {
    const cells = [of.same, of["only-first"], of["only-second"], of.changed, of.moved];
    return `<tr><th scope="row">${kind}</th>${cells.map((count) => `<td class="num">${formatCount(count)}</td>`).join("")}</tr>`;
  });
  const head = ["the same", MARKS["only-first"], MARKS["only-second"], MARKS.changed, MARKS.moved];
  return `<section class="sec" id="counts"><header><h2>After they parted</h2><p>Records of both, matched by node, kind, name and occurrence.</p></header>
<div class="steps" tabindex="0" role="region" aria-label="Counts"><table><thead><tr><th>kind</th>${head.map((name) => `<th class="num">${name}</th>`).join("")}</tr></thead><tbody>${rows.join("")}</tbody></table></div></section>`;
}

export function rowsHtml({ rows, total }: DiffModel): string {
  const options = (Object.keys(MARKS) as DiffMark[]).map((mark) => `<option value="${mark}">${MARKS[mark]}</option>`);
  // What was done says most, where there is any of it.
  const first = rows.some(({ group }) => group === "events") ? " selected" : "";
  const listed =
    rows.length === total
      ? `All ${plural(total, "difference")}.`
      : `${formatCount(rows.length)} of ${plural(total, "difference")}: the first of each mark and kind. faultline report --format ndjson writes every record of a run.`;
  return `<section class="sec" id="differences"><header><h2>Differences</h2><p>${listed}</p></header>
<p class="bar" id="choose"><label>mark <select id="mark"><option value="">all</option>${options.join("")}</select></label><label>kind <select id="group"><option value="">all</option><option value="events"${first}>states, calls, faults</option><option value="messages">messages</option><option value="points">points, links</option><option value="timers">timers</option></select></label><span id="shown" role="status"></span></p>
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

/** What a run is called. */
export function letter(run: number): "A" | "B" {
  return run === 0 ? "A" : "B";
}
