import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { resolveProxyConfig } from "../../src/system/components/proxy/proxy-config.ts";
import { javascriptOf } from "../contract/javascript.ts";
import { compileSystem } from "../contract/live-process.ts";
import { snippetsOf } from "./snippets.ts";

const folder = mkdtempSync(join(tmpdir(), "faultline-proxy-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("the page about the proxy", () => {
  it("shows a program that prints what it says", () => {
    compileSystem(folder);
    symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
    const of = (language: string): string =>
      snippetsOf("docs/proxy.md").find((snippet) => snippet.language === language)?.text ?? "";
    const javascript = javascriptOf("docs/proxy.md", of("ts"));
    const file = join(folder, "two-proxies.js");
    // The sources of now stand for the package.
    writeFileSync(file, javascript.replaceAll(`"faultline/live"`, `"./src/system/live/index.js"`));
    const { stdout, stderr } = spawnSync(process.execPath, [file], { encoding: "utf8", env: { NO_COLOR: "1" } });
    expect(stderr).toBe("");
    expect(stdout).toBe(of("text"));
  });

  it("has a row for every setting", () => {
    const rows = [...readFileSync("docs/proxy.md", "utf8").matchAll(/^\| `(\w+)` +\|/gm)].map(([, name]) => name);
    const named = Object.keys(resolveProxyConfig({})).map((key) => {
      return key === "isPassthrough" ? "passthrough" : key === "isAlwaysForward" ? "alwaysForward" : key;
    });
    expect(rows).toEqual(expect.arrayContaining(named));
  });
});
