import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { javascriptOf } from "../contract/javascript.ts";
import { compileSystem } from "../contract/live-process.ts";
import { snippetsOf } from "./snippets.ts";

const folder = mkdtempSync(join(tmpdir(), "faultline-receipts-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The till of the page, with the sources of now for the package. */
function tillProgram(text: string): string {
  compileSystem(folder);
  symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
  const javascript = javascriptOf("docs/receipts.md", text);
  const file = join(folder, "till.js");
  writeFileSync(
    file,
    javascript
      .replaceAll(/"faultline\/components\/(\w+)"/g, `"./src/system/components/$1/index.js"`)
      .replaceAll(`"faultline/live"`, `"./src/system/live/index.js"`),
  );
  return file;
}

describe("the till of the page about receipts", () => {
  it("prints what the page says, and finds its receipts again when it is started again", () => {
    const [till, printed] = ["ts", "text"].map((language) => {
      const [snippet] = snippetsOf("docs/receipts.md").filter((one) => one.language === language);
      return snippet?.text ?? "";
    }) as [string, string];
    const file = tillProgram(till);
    const data = join(folder, "data");
    mkdirSync(data);
    const run = (): { status: number | null; stdout: string; stderr: string } =>
      spawnSync(process.execPath, [file, data], { encoding: "utf8", env: { NO_COLOR: "1" } });
    const first = run();
    expect(first.stderr).toBe("");
    expect(first.stdout).toBe(printed);
    // Number 7 is over in the second life too.
    const second = run();
    expect(second.stdout).toBe("created { pending: 0, syncing: 1, synced: 1, failed: 0 }\n");
    expect(second.stderr).toContain("STALE_CLAIM");
    expect(second.status).toBe(1);
  });
});
