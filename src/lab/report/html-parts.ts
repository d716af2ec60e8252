import { formatSeconds } from "../../trace/units.ts";
import { escapeHtml } from "./escape.ts";
import type { Finding, ReportModel, Rule, StoryItem, Why, WhyStep } from "./model.ts";
import { stateRows, type StateCell } from "./state-rows.ts";
import { whyDiagram } from "./why-diagram.ts";
import { formatCount, plural, shorten } from "./words.ts";

const RULE_COLUMNS = 4;

const MARKS = {
  held: '<svg width="26" height="26" viewBox="0 0 26 26" aria-hidden="true"><circle cx="13" cy="13" r="12" fill="none" stroke="var(--ok)" stroke-width="2"/><path d="M7.5 13.4l3.8 3.8 7.2-8" fill="none" stroke="var(--ok)" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round"/></svg>',
  violated:
    '<svg width="26" height="26" viewBox="0 0 26 26" aria-hidden="true"><path d="M8 1.5h10L24.5 8v10L18 24.5H8L1.5 18V8z" fill="var(--bad)"/><path d="M8.6 8.6l8.8 8.8M17.4 8.6l-8.8 8.8" stroke="var(--bg)" stroke-width="2.4" stroke-linecap="round"/></svg>',
  open: '<svg width="26" height="26" viewBox="0 0 26 26" aria-hidden="true"><circle cx="13" cy="13" r="12" fill="none" stroke="var(--ink2)" stroke-width="2" stroke-dasharray="4 3"/><path d="M7.5 13h11" stroke="var(--ink2)" stroke-width="2.2" stroke-linecap="round"/></svg>',
} as const;

const RULE_MARKS = {
  holds: '<path d="M1 4.8l2.6 2.7L9 1" fill="none" stroke="var(--ok)" stroke-width="1.7"/>',
  violated: '<path d="M1.2.8l7 7M8.2.8l-7 7" fill="none" stroke="var(--bad)" stroke-width="2"/>',
  inconclusive:
    '<circle cx="5" cy="4.5" r="3.2" fill="none" stroke="var(--ink2)" stroke-width="1.4" stroke-dasharray="2 1.5"/>',
} as const;

/** A story of more lines shows the others when it is asked. */
const STORY_LINES_MAX = 12;

/** Who this is about, verdict, lede, story; facts and the replay command beside them. */
export function topHtml(model: ReportModel): string {
  const mark = outcomeMark(model.outcome);
  const facts = model.facts.map(
    ({ name, value, small }) =>
      `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}${small === "" ? "" : ` <small>${escapeHtml(small)}</small>`}</dd>`,
  );
  return `<div class="run"><span><b>Faultline</b><i>/</i>${escapeHtml(model.scenario)}<i>/</i>seed ${escapeHtml(model.seed)}</span><span>${escapeHtml(model.about)}</span></div>
<div class="top"><div>
<h1>${mark}<span>${escapeHtml(model.headline)}</span></h1>
<p class="lede">${escapeHtml(model.lede)}</p>
${storyHtml(model)}${figuresHtml(model)}
</div><aside><dl class="facts">${facts.join("")}</dl><div class="replay"><div><span>Replay this run</span><button type="button" id="copy">copy</button></div><code id="replay">${replayHtml(model.replay)}</code></div></aside></div>`;
}

/** The sign of a verdict on a whole run. */
export function outcomeMark(outcome: ReportModel["outcome"]): string {
  return outcome === "holds" ? MARKS.held : outcome === "violated" ? MARKS.violated : MARKS.open;
}

/** The command with its options unbroken: a line may end only between them. */
function replayHtml(command: string): string {
  return escapeHtml(command).replace(/--[a-z-]+ \S{1,40}/g, (option) => `<span class="option">${option}</span>`);
}

function storyHtml(model: ReportModel): string {
  if (model.story.length === 0) return "";
  const groups = model.partitions.flatMap((partition) =>
    partition.groups.map((group) => group.map((node) => model.names[node] ?? "").join(" ")),
  );
  const lines = model.story.map((item) => storyLine(item, groups));
  const isLong = lines.length > STORY_LINES_MAX + 2 && !model.story.slice(STORY_LINES_MAX).some(({ isBad }) => isBad);
  if (!isLong) return `<ol class="story">${lines.join("")}</ol>`;
  const rest = lines.slice(STORY_LINES_MAX);
  const last = formatSeconds(model.story[model.story.length - 1]?.time ?? 0);
  return `<ol class="story">${lines.slice(0, STORY_LINES_MAX).join("")}</ol><details class="more"><summary>${plural(rest.length, "more step")}, until ${last}</summary><ol class="story" start="${String(STORY_LINES_MAX + 1)}">${rest.join("")}</ol></details>`;
}

/** What the run was about, in figures, beneath its story. */
function figuresHtml({ figures }: ReportModel): string {
  if (figures.length === 0) return "";
  const rows = figures.map(
    ({ name, value, isGood }) =>
      `<dt>${escapeHtml(name)}</dt><dd${isGood ? "" : ' class="bad"'}>${escapeHtml(value)}</dd>`,
  );
  return `<dl class="figures">${rows.join("")}</dl>`;
}

function storyLine(item: StoryItem, groups: readonly string[]): string {
  const since = item.since > 0 ? `+${formatSeconds(item.since)}` : "";
  const limit = item.limit === "" ? "" : `<span class="lim">${escapeHtml(item.limit)}</span>`;
  let text = escapeHtml(item.text);
  for (const group of groups.map(escapeHtml))
    if (group.includes(" ")) text = text.replace(group, () => `<b>${group}</b>`);
  return `<li><a href="#t=${String(item.time)}" data-time="${String(item.time)}"${item.isBad ? ' class="bad"' : ""}><span class="n">${String(item.number)}</span><span class="t">${formatSeconds(item.time)}</span><span class="d">${since}</span><span class="s">${text}${limit}</span></a></li>`;
}

/** Violations as cards, then every rule with the number of records it judged. */
export function findingsHtml(model: ReportModel): string {
  const cards = model.findings.map((finding) => findingHtml(finding, model.names)).join("");
  const keys = model.findings.length > 0 ? '<span class="r"><kbd>N</kbd> next &ensp;<kbd>P</kbd> previous</span>' : "";
  return `<section class="sec" id="findings"><header><h2>Findings</h2><p>${escapeHtml(findingsWords(model))}</p>${keys}</header>${cards}${rulesHtml(model.rules)}</section>`;
}

function findingsWords(model: ReportModel): string {
  const count = (verdict: Rule["verdict"]): number => model.rules.filter((rule) => rule.verdict === verdict).length;
  const parts = [`${plural(count("holds"), "rule")} held`];
  if (count("inconclusive") > 0) parts.push(`${formatCount(count("inconclusive"))} could not be decided`);
  if (count("not-exercised") > 0)
    parts.push(`${formatCount(count("not-exercised"))} ${count("not-exercised") === 1 ? "was" : "were"} not exercised`);
  const found = model.findings.length === 0 ? "None" : plural(model.findings.length, "finding");
  return `${found}. ${parts.join(", ")}. The number is how many records each rule judged.`;
}

function findingHtml(finding: Finding, names: readonly string[]): string {
  const row = (name: string, text: string): string =>
    text === "" ? "" : `<dt>${name}</dt><dd>${escapeHtml(text)}</dd>`;
  const place = finding.record < 0 ? "" : `&amp;sel=e${String(finding.record)}`;
  return `<article class="card"><h3><a href="#t=${String(finding.time)}${place}" data-time="${String(finding.time)}" data-record="${String(finding.record)}">${escapeHtml(finding.message)}</a></h3><dl>${row("rule", finding.rule)}${row("expected", finding.expected)}${row("observed", finding.observed)}</dl>${finding.why === undefined ? "" : whyHtml(finding.why, names)}</article>`;
}

/** The way to the violation: a list and, with the same numbers, a picture. */
function whyHtml(why: Why, names: readonly string[]): string {
  const shown = why.steps.filter((step) => step.isShown);
  const all = why.steps.length + why.left;
  const rest = why.steps.length - shown.length;
  const left = why.left > 0 ? ` ${plural(why.left, "record")} further back had no room.` : "";
  const more =
    rest === 0
      ? ""
      : `<details><summary>All ${String(why.steps.length)} records, with what each has to do with it</summary>${whyTable(why, why.steps, true)}</details>`;
  return `<div class="whys"><div><h4>Why <small>${String(shown.length)} of ${formatCount(all)} records lead to it.${left}</small></h4>${whyTable(why, shown, false)}</div><div><h4>The same records as they follow from each other <small>equal steps, not to time scale</small></h4>${whyDiagram(why, names)}</div></div>${more}`;
}

function whyTable(why: Why, steps: readonly WhyStep[], isFull: boolean): string {
  let number = 0;
  const rows = steps.map((step, index) => {
    const before = index === 0 ? -1 : why.steps.indexOf(steps[index - 1] as WhyStep);
    const skipped = why.steps.indexOf(step) - before - 1;
    const gap =
      isFull || skipped === 0
        ? ""
        : `<tr class="gap"><td></td><td></td><td colspan="2">${plural(skipped, "record")} between</td></tr>`;
    const mark = step.isShown ? String(++number) : "";
    const who =
      step.node === ""
        ? "the world"
        : step.kind === "sent"
          ? `${step.node} → ${step.other}`
          : step.other === ""
            ? step.node
            : `${step.other} → ${step.node}`;
    const because = isFull ? `<td class="dim">${escapeHtml(step.because)}</td>` : "";
    const title = isFull ? "" : ` title="${escapeHtml(step.because)}"`;
    return `${gap}<tr${step.isLast ? ' class="bad"' : ""}${title}><td class="n">${mark}</td><td class="t"><a href="#t=${String(step.time)}&amp;sel=e${String(step.record)}" data-time="${String(step.time)}" data-record="${String(step.record)}">${formatSeconds(step.time).replace(" s", "")}</a></td><td>${escapeHtml(shorten(who, 24))}</td><td>${escapeHtml(step.text)}</td>${because}</tr>`;
  });
  const head = `<tr><th>no.</th><th>time, s</th><th>who</th><th>what</th>${isFull ? "<th>why it is here</th>" : ""}</tr>`;
  return `<table class="whylist"><thead class="quiet">${head}</thead><tbody>${rows.join("")}</tbody></table>`;
}

/** Rules that judged something, and behind one line those that had nothing to judge, which are most in most runs. */
function rulesHtml(rules: readonly Rule[]): string {
  if (rules.length === 0) return '<p class="note">No rule was asked for.</p>';
  const idle = rules.filter((rule) => !isExercised(rule));
  const grid = rulesGrid(rules.filter(isExercised));
  if (idle.length === 0) return grid;
  const reasons = idle.map(({ title, rule, reason }) => {
    return `<li title="${escapeHtml(rule)}">${escapeHtml(title)}: ${escapeHtml(reason)}</li>`;
  });
  return `${grid}<details class="idle"><summary>${plural(idle.length, "rule")} not exercised, and why</summary><ul>${reasons.join("")}</ul></details>`;
}

type ExercisedRule = Rule & { readonly verdict: keyof typeof RULE_MARKS };

function isExercised(rule: Rule): rule is ExercisedRule {
  return rule.verdict !== "not-exercised";
}

function rulesGrid(rules: readonly ExercisedRule[]): string {
  const rows = Math.ceil(rules.length / RULE_COLUMNS);
  const cells: string[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < RULE_COLUMNS; column++) {
      const rule = rules[column * rows + row];
      cells.push(rule === undefined ? "<span></span>" : ruleHtml(rule));
    }
  }
  return `<div class="rules">${cells.join("")}</div>`;
}

function ruleHtml(rule: ExercisedRule): string {
  const kind = rule.verdict === "violated" ? ' class="bad"' : "";
  const count =
    rule.verdict === "violated" ? "violated" : rule.verdict === "holds" ? formatCount(rule.judged) : "not decided";
  // A reason is a sentence, and the cell a number wide.
  const title = rule.reason === "" ? rule.rule : `${rule.rule}\n\n${count}: ${rule.reason}`;
  return `<div${kind} title="${escapeHtml(title)}"><span class="v"><svg width="10" height="9" viewBox="0 0 10 9" role="img" aria-label="${rule.verdict}">${RULE_MARKS[rule.verdict]}</svg></span><span>${escapeHtml(rule.title)}</span><span class="c">${escapeHtml(count)}</span></div>`;
}

/** The table of all nodes at the first cursor; the viewer rewrites it when the cursor moves. */
export function stateTableHtml(model: ReportModel): string {
  const { columns, rows } = stateRows(model, model.cursor);
  const head = columns
    .map((column) => `<th${column.isNumber ? ' class="num"' : ""}>${escapeHtml(column.name)}</th>`)
    .join("");
  const body = rows.map((cells) => {
    const tds = cells.map((cell, index) => {
      const kind = cell.isBad === true ? "bad" : columns[index]?.isNumber === true ? "num" : "";
      return `<td${kind === "" ? "" : ` class="${kind}"`}>${cellHtml(cell, index === 0)}</td>`;
    });
    return `<tr>${tds.join("")}</tr>`;
  });
  return `<table><thead><tr>${head}</tr></thead><tbody id="state-rows">${body.join("")}</tbody></table>`;
}

/** What stands in a cell of the table of all nodes. */
export function cellHtml({ tag, text }: StateCell, isName = false): string {
  const letter = tag === undefined ? "" : `<span class="tag ${tag.tone}">${escapeHtml(tag.letter)}</span>`;
  return `${letter}${isName ? `<b>${escapeHtml(text)}</b>` : escapeHtml(text)}`;
}
