import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pages, snippetsOf, type Snippet } from "./snippets.ts";

/** Where a snippet stands: `docs/guide.md:12`. */
export function placeOf(snippet: Snippet): string {
  return `${snippet.page}:${String(snippet.line)}`;
}

export interface ReadersFolder {
  readonly folder: string;
  readonly snippets: readonly Snippet[];
  /** Snippets in some languages, each after its place. */
  of(...languages: string[]): [string, Snippet][];
}

/** What a reader has who copies everything: the files of the pages, and the package installed beside them. */
export function readersFolder(): ReadersFolder {
  const folder = mkdtempSync(join(tmpdir(), "faultline-docs-"));
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(process.cwd(), join(folder, "node_modules/faultline"));
  for (const name of ["vitest", "@types", "ioredis", "express"])
    symlinkSync(resolve("node_modules", name), join(folder, "node_modules", name));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
  for (const name of ["scenarios", "docs"]) symlinkSync(resolve(name), join(folder, name));
  const snippets = pages().flatMap(snippetsOf);
  for (const { file, text } of snippets) if (file !== undefined) writeFileSync(join(folder, file), text);
  return {
    folder,
    snippets,
    of: (...languages) =>
      snippets.filter(({ language }) => languages.includes(language)).map((snippet) => [placeOf(snippet), snippet]),
  };
}
