// Writes the committed samples of reports, reports/samples/*, with their pictures for README and gallery.
// Usage: npm run build && npm run samples [-- NAME..]. The pictures need a Chromium; CHROMIUM says where it is.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { withPalette } from "./png-palette.mjs";

const SEED = "7";
/** Scenario of each sample; the name of its file is the name of its folder. The last one breaks a rule, and is there for that. */
const SCENARIOS = [
  "scenarios/seed/split-2-3.yaml",
  "scenarios/poc-5/seed-flapping.yaml",
  "scenarios/receipts/two-adapters-ha.yaml",
  "scenarios/incidents/github-2018.yaml",
  "scenarios/receipts/kleppmann-gc.yaml",
  "reports/samples/promoted-at-once/promoted-at-once.yaml",
];
const FAILING = "promoted-at-once";
const PICTURES = [
  { file: "timeline.png", width: 1_400, colorScheme: "light" },
  { file: "timeline-dark.png", width: 1_400, colorScheme: "dark" },
  { file: "timeline-800.png", width: 800, colorScheme: "light" },
  { file: "timeline-800-dark.png", width: 800, colorScheme: "dark" },
];
/** A README is read over the network. */
const PICTURE_BYTES_MAX = 400_000;

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const asked = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
const reports = mkdtempSync(join(tmpdir(), "faultline-samples-"));
try {
  for (const scenario of SCENARIOS) {
    const name = /([^/]+)\.yaml$/.exec(scenario)[1];
    if (asked.length === 0 || asked.includes(name)) await sample(name, scenario);
  }
} finally {
  await browser.close();
  rmSync(reports, { recursive: true, force: true });
}

async function sample(name, scenario) {
  // A run that ends otherwise than its sample says, or differs in a second process, is no sample.
  const args = ["dist/cli/main.js", "run", scenario, "--seed", SEED, "--verify", "--reports", reports];
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" });
  const wanted = name === FAILING ? 1 : 0;
  if (status !== wanted) throw new Error(`${scenario}: exit code ${wanted} expected, ${status} got.`);
  const folder = join(root, "reports/samples", name);
  mkdirSync(folder, { recursive: true });
  for (const file of ["result.json", "timeline.html", "overview.svg"])
    copyFileSync(join(reports, `${name}-${SEED}`, file), join(folder, file));
  for (const { file, ...look } of PICTURES) {
    const picture = join(folder, file);
    writeFileSync(picture, withPalette(await photograph(join(folder, "timeline.html"), look)));
    const { size } = statSync(picture);
    if (size > PICTURE_BYTES_MAX) throw new Error(`${picture} has ${size} bytes, more than ${PICTURE_BYTES_MAX}.`);
  }
  if (readFileSync(join(folder, "timeline.html"), "utf8").includes(reports))
    throw new Error(`${name} names ${reports}.`);
}

/** The page as it opens, from its top to the end of its timeline. */
async function photograph(page, { width, colorScheme }) {
  const view = await browser.newPage({ viewport: { width, height: 1_000 }, colorScheme, reducedMotion: "reduce" });
  try {
    await view.goto(pathToFileURL(page).href);
    await view.waitForSelector("html[data-ready]", { state: "attached" });
    const { y, height } = await view.locator("#main").boundingBox();
    return await view.screenshot({ fullPage: true, clip: { x: 0, y: 0, width, height: Math.ceil(y + height) } });
  } finally {
    await view.close();
  }
}
