import { escapeHtml } from "./escape.ts";
import { pageStyle } from "./page-style.ts";
import { formatCount, plural } from "./words.ts";

/** Some runs of one scenario that stand side by side: one run, or as many as one cell has room for. */
export interface RunsCell {
  /** Their seed, or their first and last. */
  readonly seeds: string;
  readonly runs: number;
  /** How many of them did not pass. */
  readonly failed: number;
  /** Index into {@link RunsPageModel.ways} of the first that did not; −1 when all passed, −2 when none ran. */
  readonly way: number;
  /** The timeline, relative to the page; absent where none was written. */
  readonly href?: string;
}

/** What of something happened, over all runs of a scenario. */
export interface CoverageRow {
  readonly kind: "rule" | "expectation" | "fault" | "probe" | "sometimes";
  readonly name: string;
  readonly words: string;
  /** `never` is the reader's business: nothing was proved about it. */
  readonly state: "good" | "bad" | "open" | "never";
}

/** Runs of one scenario. */
export interface RunsRow {
  readonly scenario: string;
  readonly runs: number;
  readonly failed: number;
  readonly cells: readonly RunsCell[];
}

/** What was put to the test in some runs: those of a scenario, or all. */
export interface Coverage {
  readonly of: string;
  readonly runs: number;
  readonly rows: readonly CoverageRow[];
}

/** A way to fail, with the quickest run that shows it. */
export interface FailureWay {
  readonly what: readonly string[];
  readonly message: string;
  readonly count: number;
  readonly scenario: string;
  readonly first: string;
  readonly quickest: string;
  /** `""` where ways were not told apart by fingerprint. */
  readonly fingerprint: string;
  readonly replay: string;
  readonly href?: string;
}

/** Everything a page about many runs shows. Plain data without wall times: equal runs give equal pages. */
export interface RunsPageModel {
  /** `sweep of split-2-3`. */
  readonly subject: string;
  readonly version: string;
  /** Seeds as they were asked for: `1..2000`. */
  readonly seeds: string;
  readonly runs: number;
  /** Runs that were meant; more than `runs` when it ended early. */
  readonly planned: number;
  readonly failed: number;
  readonly rows: readonly RunsRow[];
  /** The most frequent first. */
  readonly ways: readonly FailureWay[];
  readonly coverage: readonly Coverage[];
}

/** Side of a cell and the space to the next, px. */
const CELL = 17;
const GAP = 3;
const CELLS_PER_LINE = 50;
/** Cells one scenario may have: more are more than a reader can compare. */
export const CELLS_MAX = 400;

const STYLE = `
h1.title{margin-top:30px}
.grid{display:grid;grid-template-columns:minmax(140px,max-content) minmax(0,${String(CELLS_PER_LINE * (CELL + GAP))}px) max-content;gap:10px 20px;align-items:start;font-size:13px}
.grid svg{width:100%;height:auto}
.grid .count{color:var(--ink2);white-space:nowrap;text-align:right}
.grid .count.bad{color:var(--badtext);font-weight:600}
.cell{fill:var(--fol)}
.cell.none{fill:none;stroke:var(--rule2);stroke-dasharray:2 2}
.cell.way{fill:var(--bad)}
.grid text{font:700 11px sans-serif;fill:var(--bg);text-anchor:middle}
.grid a:focus-visible rect{stroke:var(--lead);stroke-width:2}
.card code{display:block;margin-top:8px;white-space:pre-wrap;overflow-wrap:anywhere;font-size:12px;color:var(--ink2)}
.card a{text-decoration:underline;text-underline-offset:3px;text-decoration-color:var(--rule2)}
.cover{columns:2;column-gap:48px;font-size:13px}
.cover table{break-inside:avoid;margin-bottom:18px}
.cover td:first-child{width:1.4em;padding-right:6px}
.cover td:last-child{color:var(--ink2);text-align:right;padding-right:0}
.cover tr.bad td{color:var(--badtext)}
.cover tr.never td{color:var(--ink3)}
h3{margin:0 0 8px;font-size:13px;font-weight:600}
@media (max-width:1100px){.cover{columns:1}}
@media (forced-colors:active){.cell{stroke:CanvasText}}`;

const MARK: Readonly<Record<CoverageRow["state"], string>> = { good: "✓", bad: "✗", open: "?", never: "–" };

/** The page of a sweep or a suite: what failed and in how many ways, a cell a run, and what was never put to the test. */
export function runsPage(model: RunsPageModel): string {
  const title = titleOf(model);
  const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}">
<title>${escapeHtml(`${title} · ${model.subject} · Faultline`)}</title>
<style>${pageStyle()}${STYLE}</style>
</head>
<body>
<div class="run"><span><b>Faultline</b><i>/</i>${escapeHtml(model.subject)}<i>/</i>seeds ${escapeHtml(model.seeds)}</span><span>${escapeHtml(model.version)}</span></div>
<h1 class="title">${escapeHtml(title)}</h1>
<p class="lede">${escapeHtml(ledeOf(model))}</p>
${waysHtml(model)}
<section class="sec" id="runs"><header><h2>Every run</h2><p>${escapeHtml(cellWords(model))}</p></header>
<div class="grid">${model.rows.map((row) => rowHtml(row)).join("\n")}</div></section>
${coverageHtml(model)}
</body>
</html>
`;
}

function titleOf({ runs, failed, ways }: RunsPageModel): string {
  if (runs === 0) return "Nothing ran";
  if (failed === 0) return runs === 1 ? "The run passed" : `All ${plural(runs, "run")} passed`;
  return `${formatCount(failed)} of ${plural(runs, "run")} failed, in ${ways.length === 1 ? "one way" : `${formatCount(ways.length)} ways`}`;
}

function ledeOf({ coverage, runs, planned, ways }: RunsPageModel): string {
  const never = coverage.flatMap(({ rows }) => rows.filter(({ state }) => state === "never"));
  const parts = [
    ways[0] === undefined ? "" : ways[0].message,
    runs < planned ? `${formatCount(planned - runs)} of ${formatCount(planned)} planned runs did not run.` : "",
    never.length === 0
      ? ""
      : `${plural(never.length, "thing")} never happened in any run, and nothing is proved of them.`,
  ];
  return parts.filter((part) => part !== "").join(" ") || "Every rule that had something to judge held in every run.";
}

/** Ways to fail by letter: the cells below carry it. */
function waysHtml({ ways }: RunsPageModel): string {
  if (ways.length === 0) return "";
  const cards = ways.map((way, index) => {
    const { what, message, count, scenario, first, quickest, replay, href, fingerprint } = way;
    const link =
      href === undefined ? "" : ` <a href="${escapeHtml(href)}">timeline of seed ${escapeHtml(quickest)}</a>`;
    return `<div class="card" id="way-${String(index)}"><h3><span class="tag plain">${letterOf(index)}</span>${escapeHtml(message)}</h3>
<dl><dt>rule</dt><dd>${escapeHtml(what.join(", "))}</dd><dt>seen in</dt><dd>${plural(count, "run")} of ${escapeHtml(scenario)}, first seed ${escapeHtml(first)}, quickest ${escapeHtml(quickest)}${link}</dd>${fingerprint === "" ? "" : `<dt>fingerprint</dt><dd>${escapeHtml(fingerprint)}</dd>`}</dl>
<code>${escapeHtml(replay)}</code></div>`;
  });
  return `<section class="sec" id="ways"><header><h2>Ways to fail</h2><p>Failures of one cause are one way.</p></header>\n${cards.join("\n")}</section>`;
}

function cellWords({ rows }: RunsPageModel): string {
  const most = Math.max(0, ...rows.flatMap(({ cells }) => cells.map(({ runs }) => runs)));
  const each = most > 1 ? `A cell stands for up to ${formatCount(most)} runs` : "A cell is a run";
  return `${each}; a letter is the way in which one failed. Dashed cells did not run.`;
}

function rowHtml({ scenario, runs, failed, cells }: RunsRow): string {
  const lines = Math.max(1, Math.ceil(cells.length / CELLS_PER_LINE));
  const step = CELL + GAP;
  const width = Math.min(CELLS_PER_LINE, Math.max(1, cells.length)) * step;
  const label = `${scenario}: ${formatCount(failed)} of ${plural(runs, "run")} failed`;
  const size = `viewBox="0 0 ${String(width)} ${String(lines * step)}" style="max-width:${String(width)}px"`;
  return `<div>${escapeHtml(scenario)}</div><svg ${size} role="img" aria-label="${escapeHtml(label)}">${cells.map(cellHtml).join("")}</svg><div class="count${failed > 0 ? " bad" : ""}">${failed > 0 ? `${formatCount(failed)} of ` : ""}${formatCount(runs)}</div>`;
}

function cellHtml(cell: RunsCell, index: number): string {
  const x = (index % CELLS_PER_LINE) * (CELL + GAP);
  const y = Math.floor(index / CELLS_PER_LINE) * (CELL + GAP);
  const words =
    cell.way === -2
      ? "did not run"
      : cell.failed === 0
        ? "passed"
        : `${cell.runs === 1 ? "failed" : `${formatCount(cell.failed)} of ${formatCount(cell.runs)} failed`}, way ${letterOf(cell.way)}`;
  const style = cell.way === -2 ? " none" : cell.way >= 0 ? " way" : "";
  const inset = cell.way === -2 ? 0.5 : 0;
  const side = String(CELL - 2 * inset);
  const box = `<rect class="cell${style}" x="${String(x + inset)}" y="${String(y + inset)}" width="${side}" height="${side}" rx="2"/>`;
  const letter =
    cell.way < 0 ? "" : `<text x="${String(x + CELL / 2)}" y="${String(y + CELL - 4.5)}">${letterOf(cell.way)}</text>`;
  const title = `<title>${escapeHtml(`seed ${cell.seeds}: ${words}`)}</title>`;
  const target = cell.href ?? (cell.way >= 0 ? `#way-${String(cell.way)}` : undefined);
  return target === undefined
    ? `<g>${title}${box}${letter}</g>`
    : `<a href="${escapeHtml(target)}">${title}${box}${letter}</a>`;
}

function coverageHtml({ coverage }: RunsPageModel): string {
  const tables = coverage.map(({ of, runs, rows }) => {
    const lines = rows.map(
      ({ kind, name, words, state }) =>
        `<tr class="${state}"><td>${MARK[state]}</td><td>${kind === "rule" ? "" : `<span class="dim">${kind}</span> `}${escapeHtml(name)}</td><td>${escapeHtml(words)}</td></tr>`,
    );
    return `<table><thead><tr><th colspan="3">${escapeHtml(of)}, ${plural(runs, "run")}</th></tr></thead><tbody>${lines.join("")}</tbody></table>`;
  });
  if (tables.length === 0) return "";
  return `<section class="sec" id="coverage"><header><h2>What was put to the test</h2><p>Over all runs: how often a rule had something to judge, a fault touched something, an expectation came true.</p></header>
<div class="cover">${tables.join("\n")}</div></section>`;
}

/** A, B … Z, then AA, AB … */
export function letterOf(index: number): string {
  const letter = String.fromCharCode(65 + (index % 26));
  return index < 26 ? letter : letterOf(Math.floor(index / 26) - 1) + letter;
}
