// Compares the golden traces, and the data of their reports, with what the built package tells on this version of Node. Run it from the project's folder.
import { existsSync, readFileSync } from "node:fs";
import { renderGolden } from "./render.mjs";

const dist = new URL("../../dist/", import.meta.url);
const modules = await Promise.all(
  [
    "cli/scenario-files.js",
    "lab/run/run-scenario.js",
    "lab/scenario/patch.js",
    "lab/report/text-trace.js",
    "lab/report/build-model.js",
    "lab/report/data-block.js",
  ].map((path) => import(new URL(path, dist).href)),
);
const tools = Object.assign({}, ...modules);
const pages = JSON.parse(readFileSync(new URL("pages.json", import.meta.url), "utf8"));
const goldens = JSON.parse(readFileSync(new URL("goldens.json", import.meta.url), "utf8"));
let failed = 0;
let passed = 0;
for (const golden of goldens) {
  const file = new URL(`${golden.name}.trace`, import.meta.url);
  if (!existsSync(file)) {
    console.log(`- ${golden.name}: skipped, ${golden.name}.trace does not exist yet`);
    continue;
  }
  const { text, page } = await renderGolden(tools, golden);
  const told = text.split("\n");
  const expected = readFileSync(file, "utf8").split("\n");
  const different = expected.findIndex((line, i) => line !== told[i]);
  if (different < 0 && expected.length === told.length && page.sha256 === pages[golden.name]?.sha256) {
    passed++;
    console.log(`✓ ${golden.name} (${String(told.length)} lines, report of ${String(page.bytes)} bytes)`);
    continue;
  }
  failed++;
  if (different < 0) {
    console.log(`✗ ${golden.name}: the data of its report differs\n  expected ${pages[golden.name]?.sha256}\n  told     ${page.sha256}`);
    continue;
  }
  console.log(`✗ ${golden.name}: line ${String(different + 1)} differs\n  expected ${expected[different]}\n  told     ${told[different]}`);
}
console.log(`${process.version}: ${String(passed)} passed, ${String(failed)} failed`);
process.exitCode = failed === 0 ? 0 : 1;
