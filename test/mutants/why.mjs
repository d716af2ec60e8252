// `node test/mutants/why.mjs [B13 …]`: the why-slice of planted bugs at their recorded seeds holds the faults, the decisive message or
// timer, and the messages that were missing, as why-expectations.json says by hand, in at most 40 records. An expectation with a
// scenario of its own is about a failure that the explorer found and shrank, at the seed it was kept with.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { catalogue, plant, root } from "./mutate.mjs";

const RECORDS_MAX = 40;
const wanted = process.argv.slice(2);
const expectations = JSON.parse(readFileSync(new URL("why-expectations.json", import.meta.url), "utf8"));
let failed = 0;

for (const expected of expectations.filter(({ id }) => wanted.length === 0 || wanted.includes(id))) {
  const mutant = catalogue.find(({ id }) => id === expected.id);
  const planted = plant(mutant);
  try {
    const problems = await check(planted.directory, { ...mutant, ...expected }, expected);
    if (problems.length > 0) failed++;
    console.log(
      `${problems.length === 0 ? "✓" : "✗"} ${mutant.id} ${mutant.title}${expected.scenario === undefined ? "" : `, as ${expected.scenario} has it`}`,
    );
    for (const problem of problems) console.log(`    ${problem}`);
  } finally {
    planted.remove();
  }
}
if (failed > 0) process.exitCode = 1;

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
