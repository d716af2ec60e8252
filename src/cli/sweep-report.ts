import pc from "picocolors";
import { byCodeUnit } from "../trace/plain.ts";
import { runsIn, type SweepResult } from "../lab/explore/sweep-result.ts";
import type { Tally } from "../lab/explore/tally.ts";

export interface SweepReport {
  readonly result: SweepResult;
  /** Real time it took and the runs it made in it; absent where nothing ran, as in a merge. */
  readonly timing?: { readonly wallMs: number; readonly done: number } | undefined;
  /** How one failing seed is seen again. */
  readonly replayLine: (seed: string, scenario: number) => string;
  readonly writtenTo?: string | undefined;
  /** The page about it, where one was written. */
  readonly page?: string | undefined;
}

const GROUPS_SHOWN = 10;

/** What a person wants to see of a sweep: what failed, how to see it again, and what was never tried. */
export function sweepReport(report: SweepReport): string {
  const { result } = report;
  const sections = [
    ...result.plan.scenarios.flatMap(({ name }, i) => {
      const tally = result.tallies[i];
      return tally === undefined || tally.runs === 0 ? [] : [coverage(name, tally)];
    }),
    failures(report),
    foot(report),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n")}\n`;
}

function coverage(name: string, tally: Tally): string[] {
  const lines = [`${pc.bold(name)}  ${plural(tally.runs, "run")}  ${pc.dim(`digest ${tally.digest}`)}`];
  const checkers = Object.entries(tally.checkers).sort(([a], [b]) => byCodeUnit(a, b));
  const width = Math.max(0, ...checkers.map(([checker]) => checker.length));
  const silent: string[] = [];
  for (const [checker, row] of checkers) {
    const { judged = 0, violated = 0, inconclusive = 0, holds = 0 } = row;
    if (holds + violated + inconclusive === 0) {
      silent.push(checker);
      continue;
    }
    const mark = violated > 0 ? pc.red("✗") : inconclusive > 0 ? pc.yellow("?") : pc.green("✓");
    const notes = [
      ...(violated > 0 ? [`violated in ${grouped(violated)}`] : []),
      ...(inconclusive > 0 ? [`not decided in ${grouped(inconclusive)}`] : []),
      `exercised in ${grouped(holds + violated + inconclusive)}`,
      `${grouped(judged)} judged`,
    ];
    lines.push(`  ${mark} ${checker.padEnd(width)}  ${pc.dim(notes.join(", "))}`);
  }
  if (silent.length > 0) lines.push(pc.dim(`  – never exercised: ${silent.join(", ")}`));
  return [...lines, ...expectations(tally), ...faults(tally), ...probes(tally)];
}

function expectations(tally: Tally): string[] {
  return Object.entries(tally.expects)
    .sort(([a], [b]) => byCodeUnit(a, b))
    .map(([text, { held = 0, failed = 0 }]) => {
      const note =
        failed === 0 ? `held in ${grouped(held)}` : `failed in ${grouped(failed)} of ${grouped(held + failed)}`;
      return `  ${failed === 0 ? pc.green("✓") : pc.red("✗")} expect ${text}  ${pc.dim(note)}`;
    });
}

function faults(tally: Tally): string[] {
  return Object.entries(tally.faults)
    .sort(([a], [b]) => byCodeUnit(a, b))
    .map(([name, { planned = 0, started = 0, touched = 0, touches = 0 }]) => {
      const mark = touched === 0 ? pc.yellow("!") : pc.green("✓");
      const note = `touched something in ${grouped(touched)} of ${grouped(planned)}${started < planned ? `, started in ${grouped(started)}` : ""}, ${grouped(touches)} touches`;
      return `  ${mark} fault ${name}  ${pc.dim(note)}`;
    });
}

function probes(tally: Tally): string[] {
  // What the scenario itself asks for comes first.
  const rows = [tally.sometimes, tally.probes].flatMap((counts) =>
    Object.entries(counts).sort(([a], [b]) => byCodeUnit(a, b)),
  );
  const lines = rows
    .filter(([, runs]) => runs > 0)
    .map(([name, runs]) => `  ${pc.green("✓")} sometimes ${name}  ${pc.dim(`in ${grouped(runs)}`)}`);
  const never = rows.filter(([, runs]) => runs === 0).map(([name]) => name);
  return [...lines, ...(never.length === 0 ? [] : [`  ${pc.yellow("!")} never ${never.join("; ")}`])];
}

function failures({ result, replayLine }: SweepReport): string[] {
  const lines: string[] = [];
  for (const group of result.groups.slice(0, GROUPS_SHOWN)) {
    const seen = result.failures.find(
      ({ seed, fingerprint }) => seed === group.quickest && fingerprint === group.fingerprint,
    );
    const scenario = Math.floor(((seen?.place ?? 0) * result.plan.scenarios.length) / result.total);
    lines.push(
      `${pc.red("✗")} ${pc.bold(group.what[0] ?? group.fingerprint)}  ${plural(group.count, "run")}, first seed ${group.first}, quickest ${group.quickest}  ${pc.dim(group.fingerprint)}`,
      `  ${group.message}`,
      `  replay ${replayLine(group.quickest, scenario)}`,
    );
  }
  const more = result.groups.length - GROUPS_SHOWN;
  return more > 0 ? [...lines, pc.dim(`  … ${plural(more, "more way")} to fail`)] : lines;
}

function foot({ result, timing, writtenTo, page }: SweepReport): string[] {
  const runs = runsIn(result);
  const failed = result.failures.length;
  const mark = failed > 0 ? pc.red("✗") : pc.green("✓");
  const rate =
    timing === undefined || timing.wallMs === 0
      ? ""
      : `  ${pc.dim(`${(timing.wallMs / 1_000).toFixed(1)} s, ${((timing.done * 1_000) / timing.wallMs).toFixed(1)} runs/s`)}`;
  const what =
    failed === 0 ? "every run passed" : `${grouped(failed)} failed in ${plural(result.groups.length, "way")}`;
  const lines = [`${mark} ${pc.bold(`${plural(runs, "run")}, ${what}`)}${rate}`];
  const intended = result.total;
  if (runs < intended && result.shard === undefined)
    lines.push(`  ${grouped(intended - runs)} of ${grouped(intended)} did not run`);
  if (result.shard !== undefined) lines.push(`  shard ${result.shard} of ${plural(intended, "run")}`);
  if (writtenTo !== undefined) lines.push(`  result ${writtenTo}`);
  if (page !== undefined) lines.push(`  report ${page}`);
  return lines;
}

function plural(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;
}

function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}
