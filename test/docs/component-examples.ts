import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { javascriptOf } from "../contract/javascript.ts";
import { compileSystem } from "../contract/live-process.ts";
import { snippetsOf } from "./snippets.ts";

/** An example of docs/components.md, and what the page says that it prints. */
export interface ComponentExample {
  readonly file: string;
  readonly text: string;
  readonly printed: string;
}

/** The examples, in order; each is a program, followed by its output. */
export function componentExamples(): ComponentExample[] {
  const snippets = snippetsOf("docs/components.md");
  return snippets.flatMap(({ language, file, text }, i) => {
    if (language !== "ts") return [];
    const next = snippets[i + 1];
    return [{ file: file ?? "", text, printed: next?.language === "text" ? next.text : "" }];
  });
}

/** A folder in which the package, made of the sources of now, is installed with the peers that the examples name. */
export function exampleFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "faultline-components-"));
  const modules = join(folder, "node_modules");
  const installed = join(modules, "faultline");
  mkdirSync(installed, { recursive: true });
  for (const name of ["ioredis", "node-sqlite3-wasm", "zod"])
    symlinkSync(resolve("node_modules", name), join(modules, name));
  compileSystem(installed);
  const { name, exports } = JSON.parse(readFileSync("package.json", "utf8")) as Record<string, unknown>;
  const doors = JSON.stringify({ name, type: "module", exports }).replaceAll('"./dist/', '"./src/');
  writeFileSync(join(installed, "package.json"), doors);
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
  mkdirSync(join(folder, "data"));
  return folder;
}

/** Runs an example as a program of its own. */
export function runExample(
  folder: string,
  { file, text }: ComponentExample,
): { stdout: string; stderr: string; status: number | null } {
  const program = join(folder, file.replace(/\.ts$/, ".mjs"));
  writeFileSync(program, javascriptOf(file, text));
  return spawnSync(process.execPath, [program], {
    cwd: folder,
    encoding: "utf8",
    timeout: 60_000,
    env: { PATH: process.env["PATH"] ?? "", NO_COLOR: "1" },
  });
}
