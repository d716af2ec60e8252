export type Path = readonly (string | number)[];

/** One thing wrong with a scenario, as data; the text is built last. */
export interface Problem {
  /** Stable, `SCENARIO_…`. */
  readonly code: string;
  /** Where in the scenario; `[]` is the whole. */
  readonly path: Path;
  /** What is wrong, one sentence. */
  readonly message: string;
  readonly expected?: string;
  readonly got?: string;
  readonly nearest?: string;
  readonly file?: string;
  /** From 1; absent for scenarios written in code. */
  readonly line?: number;
  readonly col?: number;
}

/** Every problem of one or more scenario files. */
export class ScenarioError extends Error {
  override name = "ScenarioError";
  readonly code: string;
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[], options?: ErrorOptions) {
    super(problems.map(formatProblem).join("\n"), options);
    this.code = problems[0]?.code ?? "SCENARIO";
    this.problems = problems;
  }
}

/** `file:line:col CODE: what is wrong`, and in a second line what was expected, what was got, and the nearest name. */
export function formatProblem(problem: Problem): string {
  const place =
    problem.line === undefined
      ? `${problem.file ?? "scenario"} ${pathText(problem.path)}`.trimEnd()
      : `${problem.file ?? "scenario"}:${String(problem.line)}:${String(problem.col ?? 1)}`;
  const details = [
    problem.expected === undefined ? "" : `Expected ${problem.expected}`,
    problem.got === undefined ? "" : `${problem.expected === undefined ? "Got" : "got"} ${problem.got}`,
  ].filter((part) => part !== "");
  let second = details.length === 0 ? "" : `${details.join("; ")}.`;
  if (problem.nearest !== undefined) second = `${second} Did you mean ${JSON.stringify(problem.nearest)}?`.trimStart();
  return `${place} ${problem.code}: ${problem.message}${second === "" ? "" : `\n  ${second}`}`;
}

/** `faults[0].groups[1]`. */
export function pathText(path: Path): string {
  let text = "";
  for (const part of path) text += typeof part === "number" ? `[${String(part)}]` : text === "" ? part : `.${part}`;
  return text;
}

/** The value at a path of plain data; `undefined` when there is none. */
export function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Readonly<Record<string | number, unknown>>)[part];
  }
  return value;
}
