// `node test/mutants/run.mjs`: each planted bug is caught at its recorded seed, the unmutated build is clean there.
// `… --search [B01 …]`: looks for the first catching seed and records it, running the unmutated build on every seed up to it.
import { writeFileSync } from "node:fs";
import { catalogue, plant, root, runnerOf, SEEDS_MAX, violatedBy } from "./mutate.mjs";
import { isWorker, serve, spread } from "./pool.mjs";

if (isWorker) await work();
else await main();

async function main() {
  const args = process.argv.slice(2);
  const isSearch = args.includes("--search");
  const wanted = args.filter((arg) => /^[A-Z]\d+$/.test(arg));
  const chosen = catalogue.filter(({ id }) => wanted.length === 0 || wanted.includes(id));
  let passed = 0;
  let failed = 0;
  const tasks = chosen.map(({ id }) => ({ id, isSearch }));
  await spread(import.meta.url, tasks, ({ isGood, text, found }, { id }) => {
    if (isGood) passed++;
    else failed++;
    console.log(`${isGood ? "✓" : "✗"} ${text}`);
    if (!isSearch) return;
    const mutant = catalogue.find((one) => one.id === id);
    delete mutant.seed;
    delete mutant.by;
    Object.assign(mutant, found);
    writeFileSync(new URL("catalogue.json", import.meta.url), `${JSON.stringify(catalogue, null, 2)}\n`);
  });
  console.log(`${passed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}

async function work() {
  const clean = await runnerOf(root);
  const cleanSeeds = new Map();
  const isClean = async (scenario, seed) => {
    const key = `${scenario} ${seed}`;
    if (!cleanSeeds.has(key)) {
      const result = await clean(scenario, seed);
      cleanSeeds.set(key, { outcome: result.outcome, violated: violatedBy(result) });
    }
    return cleanSeeds.get(key);
  };
  serve(async ({ id, isSearch }) => {
    const mutant = catalogue.find((one) => one.id === id);
    const planted = plant(mutant);
    try {
      return await (isSearch ? search : check)(mutant, await runnerOf(planted.directory), isClean);
    } finally {
      planted.remove();
    }
  });
}

/** What is told of a mutant; `found` is what a search records of it. */
function report(isGood, text, found) {
  return { isGood, text, found };
}

async function check(mutant, run, isClean) {
  const { id, scenario, seed, caughtBy, title } = mutant;
  if (seed === undefined) return report(false, `${id} ${title}: no seed is recorded that catches it`);
  const found = violatedBy(await run(scenario, seed));
  const by = found.filter((invariant) => caughtBy.includes(invariant));
  const unmutated = await isClean(scenario, seed);
  return report(
    by.length > 0 && unmutated.violated.length === 0,
    `${id} ${title}: seed ${seed} of ${scenario} → ${by.join(" ") || `not caught (violated: ${found.join(" ") || "nothing"})`}; unmutated ${unmutated.outcome}`,
  );
}

async function search(mutant, run, isClean) {
  const { id, scenario, caughtBy, difficulty, title } = mutant;
  const began = performance.now();
  for (let seed = 1; seed <= SEEDS_MAX[difficulty]; seed++) {
    const unmutated = await isClean(scenario, seed);
    if (unmutated.violated.length > 0)
      return report(
        false,
        `${id} ${title}: the unmutated build fails at seed ${seed}: ${unmutated.violated.join(" ")}`,
        { seed: mutant.seed, by: mutant.by },
      );
    const found = violatedBy(await run(scenario, seed));
    const by = found.filter((invariant) => caughtBy.includes(invariant));
    if (by.length === 0) continue;
    return report(
      true,
      `${id} ${title}: first caught at seed ${seed} of ${scenario} by ${by.join(" ")}${found.length > by.length ? ` (also ${found.filter((x) => !by.includes(x)).join(" ")})` : ""}; ${((performance.now() - began) / 1000).toFixed(1)} s`,
      { seed: String(seed), by },
    );
  }
  return report(false, `${id} ${title}: not caught in ${SEEDS_MAX[difficulty]} seeds of ${scenario}`);
}
