import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadFile } from "../../src/cli/scenario-files.ts";
import { buildModel } from "../../src/lab/report/build-model.ts";
import { encodeModel } from "../../src/lab/report/data-block.ts";
import { textTrace } from "../../src/lab/report/text-trace.ts";
import { runScenario } from "../../src/lab/run/run-scenario.ts";
import { patchScenario, type ScenarioPatch } from "../../src/lab/scenario/patch.ts";
import { renderGolden, type GoldenPage } from "./render.mjs";

interface Golden {
  readonly name: string;
  readonly path: string;
  readonly seed: string;
  readonly patch?: ScenarioPatch;
}

const folder = new URL("./", import.meta.url);
const goldens = JSON.parse(readFileSync(new URL("goldens.json", folder), "utf8")) as Golden[];
const pagesFile = new URL("pages.json", folder);
const pages = JSON.parse(readFileSync(pagesFile, "utf8")) as Record<string, GoldenPage>;
const isUpdate = process.env["UPDATE_GOLDEN"] === "1";

// A changed golden for the same seed is a breaking change: its commit says why.
describe("golden traces", () => {
  for (const golden of goldens) {
    const file = new URL(`${golden.name}.trace`, folder);
    const isPresent = existsSync(file) && existsSync(golden.path);
    it.skipIf(!isUpdate && !isPresent)(`tells ${golden.name} exactly as it was told before`, async () => {
      const tools = { loadFile, runScenario, patchScenario, textTrace, buildModel, encodeModel };
      const { text, page } = await renderGolden(tools, golden);
      expect(text.split("\n").length).toBeLessThanOrEqual(902);
      if (isUpdate) {
        writeFileSync(file, text);
        pages[golden.name] = page;
        writeFileSync(pagesFile, `${JSON.stringify(pages, undefined, 2)}\n`);
      }
      expect(text).toBe(readFileSync(file, "utf8"));
      // The report's data may change when the report does; on one version of Node and the next it is the same.
      expect(page).toEqual(pages[golden.name]);
    });
  }
});
