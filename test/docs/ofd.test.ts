import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { javascriptOf } from "../contract/javascript.ts";
import { compileSystem } from "../contract/live-process.ts";
import { snippetsOf } from "./snippets.ts";

const folder = mkdtempSync(join(tmpdir(), "faultline-ofd-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("the example of the page about the OFD", () => {
  it("prints what the page says", () => {
    compileSystem(folder);
    symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
    const of = (language: string): string =>
      snippetsOf("docs/ofd.md").find((snippet) => snippet.language === language)?.text ?? "";
    const javascript = javascriptOf("docs/ofd.md", of("ts"));
    // The sources of now stand for the package.
    const program = javascript
      .replaceAll(/"faultline\/components\/(\w+)"/g, `"./src/system/components/$1/index.js"`)
      .replaceAll(`"faultline/live"`, `"./src/system/live/index.js"`);
    const file = join(folder, "lost-answer.js");
    writeFileSync(file, program);
    const { stdout, stderr } = spawnSync(process.execPath, [file], { encoding: "utf8", env: { NO_COLOR: "1" } });
    expect(stderr).toBe("");
    expect(stdout).toBe(of("text"));
  });
});
