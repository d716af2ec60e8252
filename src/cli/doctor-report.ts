import pc from "picocolors";
import { adviceFor, PARTING_ADVICE } from "../lab/explore/doctor-advice.ts";
import { isClean, type Check, type Examination, type Parting } from "../lab/explore/doctor.ts";
import type { Leak } from "../lab/run/checkup.ts";
import type { LoadedScenario } from "../lab/scenario/model.ts";
import { formatSeconds } from "../trace/units.ts";
import type { Runtimes } from "./node-runtimes.ts";

/** Where a run takes place, as far as a leak could see it. */
export interface Environment {
  readonly node: string;
  readonly platform: string;
  readonly timeZone: string;
  readonly locale: string;
  /** How the kernel lets node code come to rest. */
  readonly drain: string;
}

const FRAMES_SHOWN = 6;

/** Where this runs, and with what it will be compared. */
export function environmentLines(environment: Environment, { found, missing, absent }: Runtimes): string {
  const { node, platform, timeZone, locale, drain } = environment;
  const lines = [
    `Node ${node}, ${platform}, time zone ${timeZone}, locale ${locale}, drain ${drain}`,
    ...found.map(({ version, path }) => `also Node ${version}  ${pc.dim(path)}`),
    ...missing.map((path) => `${pc.yellow("!")} no Node at ${path}, which FAULTLINE_NODES names`),
  ];
  if (absent.length > 0)
    lines.push(pc.dim(`not here: Node ${absent.join(", ")} (name one with --node <path>, or in FAULTLINE_NODES)`));
  return `${lines.join("\n")}\n`;
}

export function examinationHead({ scenario, source }: LoadedScenario, seed: string): string {
  return `\n${pc.bold(scenario.name)}  seed ${seed}  ${pc.dim(source?.path ?? "")}\n`;
}

const CHECKS: Readonly<Record<Check["name"], string>> = {
  traps: "nothing leaves the simulation",
  "same process": "again in the same process",
  "other process": "in another process",
  "other surroundings": "in other surroundings",
  "other Node": "on another Node",
};
const WIDTH = Math.max(...Object.values(CHECKS).map((text) => text.length));

export function checkLine({ name, outcome, note }: Check): string {
  const mark = { ok: pc.green("✓"), differs: pc.red("✗"), failed: pc.red("✗"), skipped: pc.dim("–") }[outcome];
  const word = { ok: "", differs: name === "traps" ? "" : "another run  ", failed: "", skipped: "not compared: " }[
    outcome
  ];
  return `  ${mark} ${CHECKS[name].padEnd(WIDTH)}  ${word}${pc.dim(note)}\n`;
}

/** Every leak and every parting, each with its place and what to do next. */
export function findingLines({ leaks, partings }: Examination): string {
  const blocks = [...leaks.map(leakLines), ...partings.map(partingLines)];
  return blocks.map((lines) => `\n${lines.join("\n")}\n`).join("");
}

function leakLines(leak: Leak): string[] {
  const { kind, what, node, timeUs, event, record, place, stack, times } = leak;
  const said = {
    escape: `${who(node)} called ${what}`,
    resource: `${who(node)} began ${what}`,
    outside: `${who(node)} ran while no event did: ${what}`,
    rejection: `A promise of ${node} was rejected and nobody handled it: ${what}`,
  }[kind];
  return [
    `${pc.red("✗")} ${pc.bold(said)}${place === undefined ? "" : `  ${place}`}`,
    `  at ${formatSeconds(timeUs)}${times === 1 ? "" : `, and ${String(times - 1)} more`}, ${handling(event, record)}`,
    ...shown(stack),
    `  next: ${adviceFor(leak)}`,
  ];
}

function partingLines({ check, record, first, second, event, node, place, stack, suspects }: Parting): string[] {
  const where = place === undefined ? "" : `  ${place}`;
  const cause = event === "" ? "" : `, written while ${who(node)} handled ${event}`;
  return [
    `${pc.red("✗")} ${pc.bold(`${CHECKS[check]} it is another run from record ${String(record)} on`)}${where}`,
    `  here   ${first}`,
    `  there  ${second}`,
    `  of ${who(node)}${cause}`,
    ...shown(stack),
    ...(suspects.length === 0 ? [] : [`  it depends on: ${suspects.join(", ")}`]),
    `  next: ${PARTING_ADVICE}`,
  ];
}

function who(node: string): string {
  return node === "" ? "the world" : node;
}

function handling(event: string, record: number): string {
  return event === "" ? "handling nothing that is recorded" : `handling record ${String(record)}: ${event}`;
}

function shown(stack: readonly string[]): string[] {
  return stack.slice(0, FRAMES_SHOWN).map((frame) => pc.dim(`    ${frame}`));
}

export function totalLine(examinations: readonly Examination[], exitCode: number): string {
  const clean = examinations.filter(isClean).length;
  const all = examinations.length;
  const text =
    clean === all
      ? `${all === 1 ? "The run depends" : `${String(all)} runs depend`} on scenario and seed alone`
      : `${String(all - clean)} of ${String(all)} ${all === 1 ? "run depends" : "runs depend"} on more than scenario and seed`;
  return `\n${exitCode === 0 ? pc.green("✓") : pc.red("✗")} ${pc.bold(text)}  ${pc.dim(`exit ${String(exitCode)}`)}\n`;
}
