import { readFileSync } from "node:fs";
import ts from "typescript";
import { parse } from "yaml";

/** A link of a row: what it says stands at its place. */
export interface SeedLink {
  readonly text: string;
  /** Path from the root of the repository. */
  readonly path: string;
}

/** One row of the page about the seeds: a requirement (`L…`) or a contradiction (`C…`) and what became of it. */
export interface SeedRow {
  readonly id: string;
  readonly says: string;
  readonly links: readonly SeedLink[];
  /** What is missing; `undefined` when nothing is. */
  readonly open?: string;
}

/** The rows of a page, in order: each begins with its id in bold at the head of a list item. */
export function seedRows(text: string): SeedRow[] {
  const rows = text.split(/^- (?=\*\*[LC]\d{2}\*\*)/m).slice(1);
  return rows.map((row) => {
    const [body = ""] = row.split(/^#/m);
    const open = /\*\*open:\*\* ([^\n]+)/.exec(body)?.[1];
    return {
      id: body.slice(2, 5),
      says: (body.split("\n")[0] ?? "").slice(7).trim(),
      links: [...body.matchAll(/\[([^\]]+)\]\(([^)\s]+)\)/g)].map(([, label = "", target = ""]) => ({
        text: label,
        path: target.startsWith("../") ? target.slice(3) : `docs/${target}`,
      })),
      ...(open !== undefined && { open }),
    };
  });
}

function sourceOf(path: string): ts.SourceFile {
  return ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest);
}

/** What a file exports under its own names, and the members of its classes, interfaces and objects as `Export.member`. */
export function exportsOf(path: string): Set<string> {
  const names = new Set<string>();
  for (const statement of sourceOf(path).statements) {
    if (ts.isExportDeclaration(statement) && statement.exportClause && ts.isNamedExports(statement.exportClause))
      for (const { name } of statement.exportClause.elements) names.add(name.text);
    const isExported =
      ts.canHaveModifiers(statement) &&
      ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true;
    if (!isExported) continue;
    if (ts.isVariableStatement(statement))
      for (const { name, initializer } of statement.declarationList.declarations) {
        if (!ts.isIdentifier(name)) continue;
        names.add(name.text);
        const value = initializer && ts.isAsExpression(initializer) ? initializer.expression : initializer;
        if (value && ts.isObjectLiteralExpression(value)) addMembers(names, name.text, value.properties);
      }
    else if (
      ts.isClassDeclaration(statement) ||
      ts.isInterfaceDeclaration(statement) ||
      ts.isFunctionDeclaration(statement) ||
      ts.isTypeAliasDeclaration(statement)
    ) {
      if (statement.name === undefined) continue;
      names.add(statement.name.text);
      if ("members" in statement) addMembers(names, statement.name.text, statement.members);
    }
  }
  return names;
}

function addMembers(names: Set<string>, owner: string, members: readonly ts.NamedDeclaration[]): void {
  for (const { name } of members) {
    if (name !== undefined && (ts.isIdentifier(name) || ts.isStringLiteral(name))) names.add(`${owner}.${name.text}`);
  }
}

/** Titles of the tests and suites of a file, as they are written. */
export function testNamesOf(path: string): Set<string> {
  const source = sourceOf(path);
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) {
      const [title] = node.arguments;
      if (title !== undefined && /^(describe|it|test)\b/.test(node.expression.getText(source))) {
        if (ts.isStringLiteralLike(title)) names.add(title.text);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return names;
}

/** Where a link leads, for what it has to say: an export, a test, a scenario, or a page. */
export function kindOf({ path }: SeedLink): "code" | "test" | "scenario" | "page" | undefined {
  if (path.startsWith("src/") && path.endsWith(".ts")) return "code";
  if (path.startsWith("test/") && path.endsWith(".ts")) return "test";
  if (path.startsWith("scenarios/") && path.endsWith(".yaml")) return "scenario";
  return path.endsWith(".md") ? "page" : undefined;
}

/** @returns whether what the link says is at its place. Throws when its file is not there. */
export function isThere(link: SeedLink): boolean {
  const { text, path } = link;
  switch (kindOf(link)) {
    case "code":
      return exportsOf(path).has(text.replace(/^`(.*)`$/, "$1"));
    case "test":
      return testNamesOf(path).has(text);
    case "scenario":
      return (parse(readFileSync(path, "utf8")) as { readonly name?: unknown }).name === text;
    case "page":
      return readFileSync(path, "utf8").length > 0;
    case undefined:
      return false;
  }
}
