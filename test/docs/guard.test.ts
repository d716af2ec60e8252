import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { javascriptOf } from "../contract/javascript.ts";
import { compileSystem } from "../contract/live-process.ts";
import { snippetsOf } from "./snippets.ts";

const folder = mkdtempSync(join(tmpdir(), "faultline-guard-docs-"));
afterAll(() => rmSync(folder, { recursive: true }));
beforeAll(() => {
  compileSystem(folder);
  symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
});

it.each(["guard", "settings"])("the program of docs/%s.md prints what the page says", (page) => {
  const [program, printed] = ["ts", "text"].map((language) => {
    const [snippet] = snippetsOf(`docs/${page}.md`).filter((one) => one.language === language);
    return snippet?.text ?? "";
  }) as [string, string];
  const javascript = javascriptOf(`docs/${page}.md`, program);
  const file = join(folder, `${page}.js`);
  writeFileSync(
    file,
    javascript
      .replaceAll(/"faultline\/components\/([\w-]+)"/g, `"./src/system/components/$1/index.js"`)
      .replaceAll(`"faultline/live"`, `"./src/system/live/index.js"`),
  );
  const data = join(folder, `data-${page}`);
  mkdirSync(data);
  const run = spawnSync(process.execPath, [file, data], { encoding: "utf8", env: { NO_COLOR: "1" } });
  expect(run.stderr).toBe("");
  expect(run.stdout).toBe(printed);
  expect(run.status).toBe(0);
});
