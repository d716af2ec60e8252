import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadFile } from "../../src/cli/scenario-files.ts";
import { textTrace } from "../../src/lab/report/text-trace.ts";
import { runScenario } from "../../src/lab/run/run-scenario.ts";
import { patchScenario, type ScenarioPatch } from "../../src/lab/scenario/patch.ts";
import { renderGolden } from "./render.mjs";

interface Golden {
  readonly name: string;
  readonly path: string;
  readonly seed: string;
  readonly patch?: ScenarioPatch;
}

const folder = new URL("./", import.meta.url);
const goldens = JSON.parse(readFileSync(new URL("goldens.json", folder), "utf8")) as Golden[];
const isUpdate = process.env["UPDATE_GOLDEN"] === "1";

// A changed golden for the same seed is a breaking change: its commit says why.
describe("golden traces", () => {
  for (const golden of goldens) {
    const file = new URL(`${golden.name}.trace`, folder);
    const isPresent = existsSync(file) && existsSync(golden.path);
    it.skipIf(!isUpdate && !isPresent)(`tells ${golden.name} exactly as it was told before`, async () => {
      const text = await renderGolden({ loadFile, runScenario, patchScenario, textTrace }, golden);
      expect(text.split("\n").length).toBeLessThanOrEqual(902);
      if (isUpdate) writeFileSync(file, text);
      expect(text).toBe(readFileSync(file, "utf8"));
    });
  }
});
