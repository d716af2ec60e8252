import { dirname, relative } from "node:path";
import { addTallies, EMPTY_TALLY, tallyOf, type Tally } from "../../lab/explore/tally.ts";
import { runsPage, type FailureWay, type RunsCell, type RunsRow } from "../../lab/report/runs-page.ts";
import { toolVersion } from "../../lab/run/run-scenario.ts";
import { coverageOf } from "../sweep-page.ts";
import { casesOf, didFail } from "./cases.ts";
import { replayLine } from "../../trace/replay-line.ts";
import type { ReportedRun, Reporter, RunsEnd } from "./reporter.ts";

interface Way {
  readonly way: FailureWay;
  readonly place: number;
}

/** A page about all runs: what failed and in how many ways, a cell a run with the way to its timeline. */
export class HtmlReporter implements Reporter {
  readonly #folder: string;
  readonly #cells = new Map<string, RunsCell[]>();
  readonly #seeds = new Set<string>();
  /** By scenario and what failed. */
  readonly #ways = new Map<string, Way>();
  #tally: Tally = EMPTY_TALLY;
  #failed = 0;

  /** @param file  Where the page will be; its links are relative to it. */
  constructor(file: string | undefined) {
    this.#folder = file === undefined ? "." : dirname(file);
  }

  run(run: ReportedRun): string {
    const { result, reportPath } = run;
    const { scenarioName, seed } = result;
    this.#seeds.add(seed);
    const tally = tallyOf({ place: this.#tally.runs, result, probes: {} });
    // Faults and expectations have their names in their scenario alone.
    this.#tally = addTallies(this.#tally, { ...tally, faults: {}, expects: {} });
    const href = reportPath === undefined ? undefined : relative(this.#folder, reportPath).replaceAll("\\", "/");
    const cells = this.#cells.get(scenarioName) ?? [];
    this.#cells.set(scenarioName, cells);
    const hasFailed = result.exitCode !== 0;
    if (hasFailed) this.#failed++;
    const way = hasFailed ? this.#wayOf(run, href) : -1;
    cells.push({ seeds: seed, runs: 1, failed: hasFailed ? 1 : 0, way, ...(href === undefined ? {} : { href }) });
    return "";
  }

  /** @returns the index of the way in which a run failed, new or known. */
  #wayOf({ result }: ReportedRun, href: string | undefined): number {
    const failures = casesOf(result).filter(didFail);
    const what = failures.map(({ name }) => name);
    const key = JSON.stringify([result.scenarioName, what]);
    const known = this.#ways.get(key);
    const before = known?.way;
    const way: FailureWay = before ?? {
      what,
      message: failures[0]?.message ?? `The run ended ${result.outcome}.`,
      count: 0,
      scenario: result.scenarioName,
      first: result.seed,
      quickest: result.seed,
      fingerprint: "",
      replay: replayLine(result),
      ...(href === undefined ? {} : { href }),
    };
    const place = known?.place ?? this.#ways.size;
    this.#ways.set(key, { way: { ...way, count: way.count + 1 }, place });
    return place;
  }

  end({ planned }: RunsEnd): string {
    const rows = [...this.#cells].map(([scenario, cells]): RunsRow => ({
      scenario,
      runs: cells.length,
      failed: cells.filter(({ failed }) => failed > 0).length,
      cells,
    }));
    const [only] = rows;
    const subject = rows.length === 1 && only !== undefined ? only.scenario : `${String(rows.length)} scenarios`;
    const page = {
      subject,
      version: `faultline ${toolVersion()}`,
      seeds: seedsText([...this.#seeds]),
      runs: this.#tally.runs,
      planned,
      failed: this.#failed,
      rows,
      ways: [...this.#ways.values()].map(({ way }) => way),
      coverage: this.#tally.runs === 0 ? [] : [{ of: subject, runs: this.#tally.runs, rows: coverageOf(this.#tally) }],
    };
    return runsPage(page);
  }
}

const SEEDS_SHOWN = 6;

function seedsText(seeds: readonly string[]): string {
  const shown = seeds.slice(0, SEEDS_SHOWN).join(", ");
  return seeds.length > SEEDS_SHOWN ? `${shown} and ${String(seeds.length - SEEDS_SHOWN)} more` : shown;
}
