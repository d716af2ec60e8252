// Writes the committed sample of a report, reports/samples/split-2-3, and its picture for the README.
// Usage: npm run build && npm run samples. The picture needs a Chromium; CHROMIUM says where it is.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { withPalette } from "./png-palette.mjs";

const SCENARIO = "scenarios/seed/split-2-3.yaml";
const SEED = "7";
const WIDTH = 1_400;
/** A README is read over the network. */
const PICTURE_BYTES_MAX = 400_000;

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const made = join(root, "reports", `split-2-3-${SEED}`);
const sample = join(root, "reports/samples/split-2-3");

// A run that does not hold, or differs in a second process, is no sample: the command fails, and so does this one.
execFileSync(process.execPath, ["dist/cli/main.js", "run", SCENARIO, "--seed", SEED, "--verify"], {
  cwd: root,
  stdio: "inherit",
});
mkdirSync(sample, { recursive: true });
for (const name of ["result.json", "timeline.html", "overview.svg"]) copyFileSync(join(made, name), join(sample, name));
const picture = join(sample, "timeline.png");
writeFileSync(picture, withPalette(await photograph(join(sample, "timeline.html"))));
if (statSync(picture).size > PICTURE_BYTES_MAX) throw new Error(`${picture} has ${statSync(picture).size} bytes.`);

/** The page as it opens, from its top to the end of its timeline. */
async function photograph(page) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox"],
  });
  try {
    const view = await browser.newPage({
      viewport: { width: WIDTH, height: 1_000 },
      colorScheme: "light",
      reducedMotion: "reduce",
    });
    await view.goto(pathToFileURL(page).href);
    await view.waitForSelector("html[data-ready]", { state: "attached" });
    const { y, height } = await view.locator("#main").boundingBox();
    return await view.screenshot({ fullPage: true, clip: { x: 0, y: 0, width: WIDTH, height: Math.ceil(y + height) } });
  } finally {
    await browser.close();
  }
}
