import type { z } from "zod";
import { nearest } from "./nearest.ts";
import { valueAt, type Path, type Problem } from "./problems.ts";
import { fieldsAt } from "./schema-walk.ts";

type Issue = z.core.$ZodIssue;

/** Turns what zod found into problems a person can act on. */
export function explainIssues(issues: readonly Issue[], input: unknown, schema: z.ZodType): Problem[] {
  return issues.flatMap((issue) => explainIssue(issue, [], input, schema));
}

function explainIssue(issue: Issue, base: Path, input: unknown, schema: z.ZodType): Problem[] {
  const path: Path = [...base, ...issue.path.map((part) => (typeof part === "symbol" ? String(part) : part))];
  const value = valueAt(input, path);
  const name = nameOf(path);
  switch (issue.code) {
    case "unrecognized_keys": {
      const known = fieldsAt(schema, path, input);
      return issue.keys.map((key) =>
        problem("SCENARIO_UNKNOWN_KEY", [...path, key], `${name} has no key "${key}".`, {
          expected: oneOf(known),
          got: `"${key}"`,
          nearest: nearest(key, known),
        }),
      );
    }
    case "invalid_union":
      if (issue.errors.length === 0) {
        const options = discriminatorOptions(issue);
        if (value === undefined)
          return [
            problem(
              "SCENARIO_MISSING_KEY",
              path.slice(0, -1),
              `${nameOf(path.slice(0, -1))} lacks the key "${String(path.at(-1))}".`,
              { expected: oneOf(options) },
            ),
          ];
        return [
          problem("SCENARIO_UNKNOWN_KIND", path, `${name} is not a known ${String(path.at(-1))}.`, {
            expected: oneOf(options),
            got: show(value),
            nearest: typeof value === "string" ? nearest(value, options) : undefined,
          }),
        ];
      }
      return explainUnion(issue, path, input, schema);
    case "invalid_value": {
      const options = issue.values.map(String);
      if (value === undefined) return [missing(path, oneOf(options))];
      return [
        problem("SCENARIO_VALUE", path, `${name} is not one of the known values.`, {
          expected: oneOf(options),
          got: show(value),
          nearest: typeof value === "string" ? nearest(value, options) : undefined,
        }),
      ];
    }
    case "invalid_type": {
      const expected = issue.message.startsWith("Invalid input") ? withArticle(issue.expected) : issue.message;
      if (value === undefined) return [missing(path, expected)];
      const code = codeOfUnit(expected);
      if (code === undefined || typeof value !== "number")
        return [problem("SCENARIO_TYPE", path, `${name} has the wrong type.`, { expected, got: show(value) })];
      return [
        problem(code, path, `${name} is a number without a unit.`, {
          expected,
          got: show(value),
          nearest: code === "SCENARIO_DURATION" ? `${String(value)}ms` : undefined,
        }),
      ];
    }
    case "custom": {
      const code: unknown = issue.params?.["code"];
      return [
        problem(typeof code === "string" ? code : "SCENARIO_VALUE", path, `${name} is not right.`, {
          expected: issue.message,
          got: show(value),
        }),
      ];
    }
    case "invalid_format":
      return [
        problem("SCENARIO_VALUE", path, `${name} is not right.`, {
          expected: issue.message.startsWith("Invalid")
            ? `text that matches ${issue.pattern ?? issue.format}`
            : issue.message,
          got: show(value),
        }),
      ];
    case "too_small":
      return [
        problem("SCENARIO_RANGE", path, `${name} is too small.`, {
          expected: `at least ${String(issue.minimum)}`,
          got: show(value),
        }),
      ];
    case "too_big":
      return [
        problem("SCENARIO_RANGE", path, `${name} is too big.`, {
          expected: `at most ${String(issue.maximum)}`,
          got: show(value),
        }),
      ];
    default:
      return [problem("SCENARIO_VALUE", path, `${name}: ${issue.message}.`, { got: show(value) })];
  }
}

/** Code of the complaint about a bare number where a unit belongs. */
function codeOfUnit(expected: string): string | undefined {
  if (expected.startsWith("a duration")) return "SCENARIO_DURATION";
  if (expected.startsWith("a rate")) return "SCENARIO_RATE";
  return expected.startsWith("a share") ? "SCENARIO_SHARE" : undefined;
}

/** Of several ways in which a value could have been right, explains the one its writer most likely meant. */
function explainUnion(
  issue: Extract<Issue, { code: "invalid_union" }>,
  path: Path,
  input: unknown,
  schema: z.ZodType,
): Problem[] {
  const value = valueAt(input, path);
  if (value === undefined)
    return [missing(path, issue.message.startsWith("Invalid input") ? "a value" : issue.message)];
  const branches = (issue.errors as Issue[][]).filter(
    (branch) => !branch.some((found) => found.path.length === 0 && found.code === "invalid_type"),
  );
  const best = branches.toSorted((a, b) => score(b) - score(a) || a.length - b.length)[0];
  if (best === undefined || (typeof value !== "object" && !issue.message.startsWith("Invalid input"))) {
    const expected = issue.message.startsWith("Invalid input")
      ? (issue.errors as Issue[][]).map((branch) => expectedOf(branch[0])).join(", or ")
      : issue.message;
    return [problem("SCENARIO_TYPE", path, `${nameOf(path)} is not right.`, { expected, got: show(value) })];
  }
  return best.flatMap((found) => explainIssue(found, path, input, schema));
}

/** Deeper findings mean that more of the branch matched; keys it does not know mean that it was another branch. */
function score(branch: readonly Issue[]): number {
  const depth = Math.max(...branch.map((issue) => issue.path.length));
  const strangers = branch.reduce(
    (sum, issue) => sum + (issue.code === "unrecognized_keys" && issue.path.length === 0 ? issue.keys.length : 0),
    0,
  );
  return depth - 3 * strangers;
}

function expectedOf(issue: Issue | undefined): string {
  if (issue === undefined) return "another value";
  if (issue.code === "invalid_type" && issue.message.startsWith("Invalid input")) return withArticle(issue.expected);
  if (issue.code === "invalid_value") return oneOf(issue.values.map(String));
  return issue.message;
}

function discriminatorOptions(issue: Issue): string[] {
  const options = (issue as { options?: readonly unknown[] }).options ?? [];
  return options.map(String);
}

function missing(path: Path, expected: string): Problem {
  return problem(
    "SCENARIO_MISSING_KEY",
    path.slice(0, -1),
    `${nameOf(path.slice(0, -1))} lacks the key "${String(path.at(-1))}".`,
    { expected },
  );
}

function problem(
  code: string,
  path: Path,
  message: string,
  facts: { expected?: string | undefined; got?: string | undefined; nearest?: string | undefined },
): Problem {
  const { expected, got, nearest: near } = facts;
  return {
    code,
    path,
    message,
    ...(expected === undefined ? {} : { expected }),
    ...(got === undefined ? {} : { got }),
    ...(near === undefined ? {} : { nearest: near }),
  };
}

/** Words for a place. */
function nameOf(path: Path): string {
  if (path.length === 0) return "the scenario";
  let text = "";
  for (const part of path) text += typeof part === "number" ? `[${String(part)}]` : text === "" ? part : `.${part}`;
  return `"${text}"`;
}

export function oneOf(names: readonly string[]): string {
  if (names.length === 0) return "nothing here";
  if (names.length === 1) return names[0] as string;
  return `one of ${names.join(", ")}`;
}

export function show(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

function withArticle(noun: string): string {
  return `${/^[aeiou]/.test(noun) ? "an" : "a"} ${noun}`;
}
