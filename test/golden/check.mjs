// Compares the golden traces with what the built package tells on this version of Node. Run it from the project's folder.
import { existsSync, readFileSync } from "node:fs";
import { renderGolden } from "./render.mjs";

const dist = new URL("../../dist/", import.meta.url);
const [{ loadFile }, { runScenario }, { patchScenario }, { textTrace }] = await Promise.all(
  ["cli/scenario-files.js", "lab/run/run-scenario.js", "lab/scenario/patch.js", "lab/report/text-trace.js"].map((path) => import(new URL(path, dist).href)),
);
const goldens = JSON.parse(readFileSync(new URL("goldens.json", import.meta.url), "utf8"));
let failed = 0;
let passed = 0;
for (const golden of goldens) {
  const file = new URL(`${golden.name}.trace`, import.meta.url);
  if (!existsSync(file)) {
    console.log(`- ${golden.name}: skipped, ${golden.name}.trace does not exist yet`);
    continue;
  }
  const told = (await renderGolden({ loadFile, runScenario, patchScenario, textTrace }, golden)).split("\n");
  const expected = readFileSync(file, "utf8").split("\n");
  const different = expected.findIndex((line, i) => line !== told[i]);
  if (different < 0 && expected.length === told.length) {
    passed++;
    console.log(`✓ ${golden.name} (${String(told.length)} lines)`);
    continue;
  }
  failed++;
  console.log(`✗ ${golden.name}: line ${String(different + 1)} differs\n  expected ${expected[different]}\n  told     ${told[different]}`);
}
console.log(`${process.version}: ${String(passed)} passed, ${String(failed)} failed`);
process.exitCode = failed === 0 ? 0 : 1;
