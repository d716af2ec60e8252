import { nearest } from "../../lab/scenario/nearest.ts";
import { ScenarioError } from "../../lab/scenario/problems.ts";

/** Formats for people and for annotations: they may share stdout. */
const FOR_PEOPLE = ["default", "dot", "github"] as const;
/** Formats for programs: one of them may have stdout, and then people's text goes to stderr. */
const FOR_PROGRAMS = ["html", "json", "jsonl", "junit"] as const;
export const REPORTER_NAMES = [...FOR_PEOPLE, ...FOR_PROGRAMS] as const;

export type ReporterName = (typeof REPORTER_NAMES)[number];

/** What was asked for: which reporters, in the order in which they write at the end, and which of them write to a file. */
export interface ReporterChoice {
  readonly names: readonly ReporterName[];
  readonly files: Readonly<Partial<Record<ReporterName, string>>>;
}

export function isForPrograms(name: ReporterName): boolean {
  return (FOR_PROGRAMS as readonly string[]).includes(name);
}

/**
 * Reads `--reporter a,b` and `--output-file.b=…`. A reporter that has a file is asked for by it.
 *
 * @param given  One list with commas, or several.
 * @param known  Those the verb has.
 * @param outputFile  What yargs made of the options: an object by reporter.
 * @throws {ScenarioError} `REPORTER` for an unknown name; `OUTPUT_FILE` for a file of no reporter; both when two want stdout.
 */
export function reporterChoice(
  given: string | readonly string[],
  outputFile: unknown,
  known: readonly ReporterName[] = REPORTER_NAMES,
): ReporterChoice {
  const files = filesOf(outputFile, known);
  const wanted = [given].flat().flatMap((list) => list.split(","));
  const asked = wanted.map((name) => reporterName(name, "--reporter", known));
  const choice = { names: REPORTER_NAMES.filter((name) => asked.includes(name) || name in files), files };
  const onStdout = choice.names.filter((name) => isForPrograms(name) && files[name] === undefined);
  if (onStdout.length > 1)
    throw refusal({
      code: "REPORTER",
      option: "--reporter",
      message: `Both ${onStdout.join(" and ")} want stdout.`,
      expected: `a file for all but one, as --output-file.${onStdout[0] ?? ""}=…`,
    });
  return choice;
}

function filesOf(outputFile: unknown, known: readonly ReporterName[]): ReporterChoice["files"] {
  if (outputFile === undefined) return {};
  const entries = typeof outputFile === "object" && outputFile !== null ? Object.entries(outputFile) : [];
  if (entries.length === 0 || entries.some(([, file]) => typeof file !== "string" || file === ""))
    throw refusal({
      code: "OUTPUT_FILE",
      option: "--output-file",
      message: "It is not said what goes into which file.",
      expected: "a reporter and one file, as --output-file.junit=reports/junit.xml",
    });
  return Object.fromEntries(
    entries.map(([name, file]) => [reporterName(name, "--output-file", known), file as string]),
  );
}

function reporterName(name: string, option: string, names: readonly ReporterName[]): ReporterName {
  const known = names.find((one) => one === name);
  if (known !== undefined) return known;
  const near = nearest(name, names);
  throw refusal({
    code: "REPORTER",
    option,
    message: "There is no such reporter.",
    expected: `one of ${names.join(", ")}`,
    got: `"${name}"`,
    ...(near === undefined ? {} : { nearest: near }),
  });
}

interface Refusal {
  readonly code: string;
  readonly option: string;
  readonly message: string;
  readonly expected: string;
  readonly got?: string;
  readonly nearest?: string;
}

function refusal({ option, ...problem }: Refusal): ScenarioError {
  return new ScenarioError([{ ...problem, path: [], file: option }]);
}
