// `node test/mutants/why.mjs [B13 …]`: the why-slice of planted bugs at their recorded seeds holds the faults, the decisive message or
// timer, and the messages that were missing, as why-expectations.json says by hand, in at most 40 records. An expectation with a
// scenario of its own is about a failure that the explorer found and shrank, at the seed it was kept with.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { catalogue, plant, root } from "./mutate.mjs";
import { isWorker, serve, spread } from "./pool.mjs";

const RECORDS_MAX = 40;

if (isWorker) serve(problemsOf);
else await main();

async function main() {
  const wanted = process.argv.slice(2);
  const expectations = JSON.parse(readFileSync(new URL("why-expectations.json", import.meta.url), "utf8"));
  const chosen = expectations.filter(({ id }) => wanted.length === 0 || wanted.includes(id));
  await spread(import.meta.url, chosen, (problems, { id, scenario }) => {
    const { title } = catalogue.find((one) => one.id === id);
    const where = scenario === undefined ? "" : `, as ${scenario} has it`;
    console.log(`${problems.length === 0 ? "✓" : "✗"} ${id} ${title}${where}`);
    for (const problem of problems) console.log(`    ${problem}`);
    if (problems.length > 0) process.exitCode = 1;
  });
}

async function problemsOf(expected) {
  const mutant = catalogue.find(({ id }) => id === expected.id);
  const planted = plant(mutant);
  try {
    return await check(planted.directory, { ...mutant, ...expected }, expected);
  } finally {
    planted.remove();
  }
}

async function check(directory, { scenario, seed: recorded }, expected) {
  const from = (path) => import(pathToFileURL(join(directory, "dist", path)).href);
  const { loadScenarios } = await from("cli/scenario-files.js");
  const { runScenario } = await from("lab/run/run-scenario.js");
  const { whySlice } = await from("trace/why/slice.js");
  const { recordText } = await from("lab/report/text-trace.js");
  const [loaded] = await loadScenarios([join(root, scenario)]);
  const seed = loaded.input.found?.seed ?? recorded;
  const { result, trace } = await runScenario(loaded, { seed, keepTrace: true, strict: false });
  const verdict = result.verdicts.find(({ invariant, violation }) => invariant === expected.rule && violation);
  if (verdict === undefined) return [`${expected.rule} is not violated`];
  const { records, faults } = whySlice(trace, verdict.violation);
  const problems = records.length > RECORDS_MAX ? [`${records.length} records`] : [];
  for (const id of expected.faults) {
    const hasStart = records.some(({ index, role }) => {
      const record = trace.record(index);
      return role === "fault" && record.fault === id && record.phase === "start";
    });
    if (!hasStart || !faults.some((fault) => fault.id === id)) problems.push(`the fault "${id}" is not in it`);
  }
  for (const role of ["decisive", "cause", "missing"]) {
    const texts = records
      .filter((one) => one.role === role)
      .map(({ index }) => recordText(trace.record(index)).replace(/^\S+ /, ""));
    // Each pattern means a record of its own.
    for (const pattern of expected[role]) {
      const found = texts.findIndex((text) => new RegExp(pattern, "u").test(text));
      if (found >= 0) texts.splice(found, 1);
      else
        problems.push(
          `no ${role} record is like ${pattern}; there are:${texts.map((text) => `\n        ${text}`).join("")}`,
        );
    }
  }
  return problems;
}
