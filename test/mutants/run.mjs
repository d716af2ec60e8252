// `node test/mutants/run.mjs`: each planted bug is caught at its recorded seed, the unmutated build is clean there.
// `… --search [B01 …]`: looks for the first catching seed and records it, running the unmutated build on every seed up to it.
import { writeFileSync } from "node:fs";
import { catalogue, plant, root, runnerOf, SEEDS_MAX, violatedBy } from "./mutate.mjs";

const args = process.argv.slice(2);
const isSearch = args.includes("--search");
const wanted = args.filter((arg) => /^[A-Z]\d+$/.test(arg));
const chosen = catalogue.filter(({ id }) => wanted.length === 0 || wanted.includes(id));
let passed = 0;
let failed = 0;

function report(isGood, text) {
  if (isGood) passed++;
  else failed++;
  console.log(`${isGood ? "✓" : "✗"} ${text}`);
}

const clean = await runnerOf(root);
const cleanSeeds = new Map();
async function isClean(scenario, seed) {
  const key = `${scenario} ${seed}`;
  if (!cleanSeeds.has(key)) {
    const result = await clean(scenario, seed);
    cleanSeeds.set(key, { outcome: result.outcome, violated: violatedBy(result) });
  }
  return cleanSeeds.get(key);
}

for (const mutant of chosen) {
  const planted = plant(mutant);
  try {
    const run = await runnerOf(planted.directory);
    if (isSearch) await search(mutant, run);
    else await check(mutant, run);
  } finally {
    planted.remove();
  }
  if (isSearch) writeFileSync(new URL("catalogue.json", import.meta.url), `${JSON.stringify(catalogue, null, 2)}\n`);
}
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;

async function check(mutant, run) {
  const { id, scenario, seed, caughtBy, title } = mutant;
  if (seed === undefined) return report(false, `${id} ${title}: no seed is recorded that catches it`);
  const found = violatedBy(await run(scenario, seed));
  const by = found.filter((invariant) => caughtBy.includes(invariant));
  const unmutated = await isClean(scenario, seed);
  report(
    by.length > 0 && unmutated.violated.length === 0,
    `${id} ${title}: seed ${seed} of ${scenario} → ${by.join(" ") || `not caught (violated: ${found.join(" ") || "nothing"})`}; unmutated ${unmutated.outcome}`,
  );
}

async function search(mutant, run) {
  const { id, scenario, caughtBy, difficulty, title } = mutant;
  const began = performance.now();
  for (let seed = 1; seed <= SEEDS_MAX[difficulty]; seed++) {
    const unmutated = await isClean(scenario, seed);
    if (unmutated.violated.length > 0)
      return report(
        false,
        `${id} ${title}: the unmutated build fails at seed ${seed}: ${unmutated.violated.join(" ")}`,
      );
    const found = violatedBy(await run(scenario, seed));
    const by = found.filter((invariant) => caughtBy.includes(invariant));
    if (by.length === 0) continue;
    mutant.seed = String(seed);
    mutant.by = by;
    return report(
      true,
      `${id} ${title}: first caught at seed ${seed} of ${scenario} by ${by.join(" ")}${found.length > by.length ? ` (also ${found.filter((x) => !by.includes(x)).join(" ")})` : ""}; ${((performance.now() - began) / 1000).toFixed(1)} s`,
    );
  }
  delete mutant.seed;
  delete mutant.by;
  report(false, `${id} ${title}: not caught in ${SEEDS_MAX[difficulty]} seeds of ${scenario}`);
}
