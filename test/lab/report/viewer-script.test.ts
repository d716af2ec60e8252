import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
// @ts-expect-error The build script is plain JavaScript.
import { viewerModule } from "../../../scripts/build-viewer.mjs";
import { VIEWER_SCRIPT } from "../../../src/lab/report/viewer-script.ts";

it("the script in the page is what its sources give", async () => {
  const stored = await readFile(new URL("../../../src/lab/report/viewer-script.ts", import.meta.url), "utf8");
  const built = await (viewerModule as () => Promise<string>)();
  expect(stored === built, "run node scripts/build-viewer.mjs").toBe(true);
});

it("the script cannot end its own element and stays small", () => {
  expect(VIEWER_SCRIPT).not.toMatch(/<\/script|<!--/i);
  expect(VIEWER_SCRIPT.length).toBeLessThan(80_000);
});
