import type { Outcome } from "../../trace/result.ts";
import { escapeHtml } from "./escape.ts";
import { MONO, paletteVariables, SANS } from "./palette.ts";

/** One run, as a row of the index shows it. */
export interface IndexedRun {
  readonly scenario: string;
  readonly seed: string;
  readonly outcome: Outcome;
  readonly exitCode: number;
  readonly digest: string;
  /** One sentence for each thing that failed. */
  readonly failures: readonly string[];
  readonly replay: string;
  /** Its timeline, relative to the page; absent where none was written. */
  readonly href?: string;
}

const STYLE = `*{box-sizing:border-box}
html{background:var(--bg)}
body{margin:0 auto;max-width:1100px;padding:28px 48px 56px;background:var(--bg);color:var(--ink);font:14px/1.5 ${SANS}}
a{color:inherit}
h1{font-size:32px;line-height:1.2;letter-spacing:-.018em}
h1.bad,.bad{color:var(--badtext)}
table{border-collapse:collapse;width:100%}
th{text-align:left;font-weight:600;font-size:13px}
td,th{padding:5px 16px 5px 0;border-bottom:1px solid var(--rule);vertical-align:top}
code{font:12px ${MONO};color:var(--ink2)}
p{margin:0}`;

/** The first page of a regression run: every run, those that did not pass first, with a way to each timeline. */
export function indexPage(runs: readonly IndexedRun[]): string {
  const failed = runs.filter(({ exitCode }) => exitCode !== 0);
  const passed = runs.filter(({ exitCode }) => exitCode === 0);
  const title = `${String(passed.length)} of ${String(runs.length)} runs passed`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${title}</title><style>${paletteVariables()}
${STYLE}</style></head><body>
<h1${failed.length === 0 ? "" : ' class="bad"'}>${title}</h1>
<table><thead><tr><th>Scenario</th><th>Seed</th><th>Outcome</th><th>Digest</th></tr></thead>
<tbody>
${[...failed, ...passed].map(row).join("\n")}
</tbody></table>
</body></html>
`;
}

function row(run: IndexedRun): string {
  const name = escapeHtml(run.scenario);
  const link = run.href === undefined ? name : `<a href="${escapeHtml(run.href)}">${name}</a>`;
  const isBad = run.exitCode !== 0;
  const outcome = escapeHtml(isBad ? `${run.outcome} (exit ${String(run.exitCode)})` : run.outcome);
  const why = run.failures.map((failure) => `<p>${escapeHtml(failure)}</p>`).join("");
  const replay = isBad ? `<code>${escapeHtml(run.replay)}</code>` : "";
  return `<tr${isBad ? ' class="bad"' : ""}><td>${link}</td><td>${escapeHtml(run.seed)}</td><td>${outcome}${why}${replay}</td><td><code>${escapeHtml(run.digest)}</code></td></tr>`;
}
