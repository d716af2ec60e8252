import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
// @ts-expect-error The build script is plain JavaScript.
import { viewerModule } from "../../../scripts/build-viewer.mjs";
import { DIFF_SCRIPT } from "../../../src/lab/report/diff-script.ts";
import { pageScript } from "../../../src/lab/report/page-script.ts";
import { START_SCRIPT } from "../../../src/lab/report/start-script.ts";
import { VIEWER_SCRIPT } from "../../../src/lab/report/viewer-script.ts";

describe.each([
  ["viewer-script.ts", VIEWER_SCRIPT],
  ["diff-script.ts", DIFF_SCRIPT],
  ["start-script.ts", START_SCRIPT],
])("the script in %s", (file, script) => {
  it("is what its sources give", async () => {
    const stored = await readFile(new URL(`../../../src/lab/report/${file}`, import.meta.url), "utf8");
    const built = await (viewerModule as (file: string) => Promise<string>)(file);
    expect(stored === built, "run node scripts/build-viewer.mjs").toBe(true);
  });

  it("cannot end its own element, and takes little of its page", () => {
    expect(script).not.toMatch(/<\/script|<!--/i);
    expect(script.length).toBeLessThan(100_000);
    expect(pageScript(script).html.length).toBeLessThan(50_000);
  });
});
