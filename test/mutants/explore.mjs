// Proof that the explorer finds, shrinks and explains planted bugs under faults that it draws itself.
// `node test/mutants/explore.mjs [B15 …]`: at its recorded seed each is found as recorded; the failure that was shrunk from it, kept
// in scenarios/corpus, fails so with the bug and passes without it.
// `… --full`: everything anew: sweeps until 20 failures, groups, replays, tampers, shrinks into scenarios/corpus, and records the
// figures in explore.json. Goes on where it was ended (.soak/explore); needs minutes a bug.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import prettier from "prettier";
import { parse, parseDocument } from "yaml";
import { catalogue, plant, root } from "./mutate.mjs";
import { isWorker, serve, spread } from "./pool.mjs";

/** What must come true of each bug, and of all of them. */
const SEEDS_MAX = { E: 2_000, M: 2_000, H: 10_000 };
const FAILURES = 20;
const WAYS_MAX = 3;
const MAIN_WAY_MIN = 0.8;
const SHRUNK_FAULTS_MAX = 3;
const SHRUNK_FEW_MIN = 0.9;
const SHRINK_SECONDS_MAX = 60;
const COMPONENTS_MIN = 10;
const HARD_MIN = 3;

const tablePath = fileURLToPath(new URL("explore.json", import.meta.url));
const table = JSON.parse(readFileSync(tablePath, "utf8"));
process.chdir(root);
const clean = await packageAt(root);
if (isWorker) serve(judged);
else await main();

async function main() {
  const args = process.argv.slice(2);
  const isFull = args.includes("--full");
  const wanted = args.filter((arg) => /^[AB]\d+$/.test(arg));
  const chosen = table.filter(({ id }) => wanted.length === 0 || wanted.includes(id));
  let failed = 0;
  const tasks = chosen.map(({ id }) => ({ id, isFull }));
  await spread(import.meta.url, tasks, ({ problems, row: told }, { id }) => {
    const row = table.find((one) => one.id === id);
    const { difficulty, title } = catalogue.find((one) => one.id === id);
    if (problems.length > 0) failed++;
    console.log(`${problems.length === 0 ? "✓" : "✗"} ${id} (${difficulty}) ${row.component}: ${title}`);
    for (const problem of problems) console.log(`    ${problem}`);
    Object.assign(row, told);
    if (isFull && problems.length === 0) writeFileSync(tablePath, `${JSON.stringify(table, undefined, 2)}\n`);
  });
  printTable(chosen.filter(({ measured }) => measured !== undefined));
  const few = chosen.filter(
    ({ measured }) => measured !== undefined && measured.shrunkFaults <= SHRUNK_FAULTS_MAX,
  ).length;
  if (few < chosen.length * SHRUNK_FEW_MIN) {
    failed++;
    console.log(`✗ only ${few} of ${chosen.length} were shrunk to ${SHRUNK_FAULTS_MAX} faults or fewer`);
  }
  const components = new Set(table.map(({ component }) => component)).size;
  const hard = table.filter(({ id }) => catalogue.find((one) => one.id === id).difficulty === "H").length;
  if (components < COMPONENTS_MIN || hard < HARD_MIN) {
    failed++;
    console.log(`✗ ${components} components and ${hard} bugs marked H, not ${COMPONENTS_MIN} and ${HARD_MIN}`);
  }
  console.log(`${chosen.length} planted bugs, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}

/** What is wrong with a planted bug, and its row, with what was measured. */
async function judged({ id, isFull }) {
  const row = table.find((one) => one.id === id);
  const mutant = catalogue.find((one) => one.id === id);
  const planted = plant(mutant);
  try {
    const problems = await (isFull ? measure(row, mutant, planted.directory) : check(row, planted.directory));
    return { problems, row };
  } catch (error) {
    return { problems: [String(error.stack ?? error)], row };
  } finally {
    planted.remove();
  }
}

/** What of a package this page calls by itself; the rest goes through its command line. */
async function packageAt(directory) {
  const from = (path) => import(pathToFileURL(join(directory, "dist", path)).href);
  const { loadFile } = await from("cli/scenario-files.js");
  const { runScenario } = await from("lab/run/run-scenario.js");
  const { drawPlan } = await from("lab/explore/random-plan.js");
  const { runKept } = await from("lab/explore/corpus.js");
  return {
    async kept(path) {
      const [loaded] = await loadFile(path);
      return runKept(loaded, loaded.input.found.seed);
    },
    async drawn(path, seed) {
      const [loaded] = await loadFile(path);
      return runKept(drawPlan(loaded, seed), seed);
    },
    async digest(path, seed) {
      const [loaded] = await loadFile(path);
      return (await runScenario(drawPlan(loaded, seed), { seed, strict: false })).result.digest;
    },
  };
}

/** The recorded seed, and the kept failure. */
async function check({ template, seed, corpus, fingerprint }, directory) {
  const planted = await packageAt(directory);
  const problems = [];
  const expectFailure = (where, run, wantedPrint) => {
    if (run.fingerprint !== wantedPrint)
      problems.push(`${where} with the bug: expected ${wantedPrint}, got ${run.fingerprint ?? "a run that passes"}`);
  };
  const expectPass = (where, { fingerprint: got }) => {
    if (got !== undefined) problems.push(`${where} without the bug: expected a run that passes, got ${got}`);
  };
  const found = parse(readFileSync(corpus, "utf8")).found;
  expectFailure(`${template} seed ${seed}`, await planted.drawn(template, seed), fingerprint);
  expectPass(`${template} seed ${seed}`, await clean.drawn(template, seed));
  expectFailure(corpus, await planted.kept(corpus), found.fingerprint);
  expectPass(corpus, await clean.kept(corpus));
  return problems;
}

async function measure(row, mutant, directory) {
  const folder = join(root, ".soak/explore", `${row.id}-${buildOf(directory, row.template)}`);
  mkdirSync(folder, { recursive: true });
  const donePath = join(folder, "done.json");
  if (existsSync(donePath)) {
    Object.assign(row, JSON.parse(readFileSync(donePath, "utf8")));
    return [];
  }
  const problems = [];
  const planted = await packageAt(directory);
  const cli = (...command) => faultline(directory, command);

  // Find it.
  const bound = SEEDS_MAX[mutant.difficulty];
  const asked = ["--plans", "random", "--seeds", `1..${bound}`, "--bail", String(FAILURES), "--workers", "1"];
  const swept = cli("sweep", row.template, ...asked, "--reports", folder, "--resume");
  const sweepFolder = join(folder, readdirSync(folder).find((name) => name.startsWith("sweep-")) ?? "");
  if (swept.code !== 1) return [`the sweep ended ${swept.code}:\n${swept.output}`];
  const result = JSON.parse(readFileSync(join(sweepFolder, "sweep.json"), "utf8"));
  const failures = result.failures.toSorted((a, b) => a.place - b.place);
  const last = Math.max(...failures.map(({ place }) => place));
  const [main, ...others] = result.groups;
  const share = main.count / failures.length;
  if (1 + others.length > WAYS_MAX)
    problems.push(`${1 + others.length} ways to fail: ${result.groups.map(wayOf).join(", ")}`);
  if (share < MAIN_WAY_MIN)
    problems.push(`the most frequent covers ${percent(share)}: ${result.groups.map(wayOf).join(", ")}`);

  // Make it again: every failure, and one that was tampered with.
  for (const { seed, digest } of failures) {
    const again = await planted.digest(row.template, seed);
    if (again !== digest) problems.push(`seed ${seed}: digest ${digest} in the sweep, ${again} alone`);
    const { fingerprint } = await clean.drawn(row.template, seed);
    if (fingerprint !== undefined) problems.push(`seed ${seed} fails without the bug too: ${fingerprint}`);
  }
  const run = readdirSync(sweepFolder).find((name) => name.endsWith(`-${main.quickest}`));
  const stored = join(sweepFolder, run);
  const replayed = cli("replay", stored, "--no-report");
  if (replayed.code !== 1 || !replayed.output.includes("the same run"))
    problems.push(`replay ended ${replayed.code}:\n${replayed.output}`);
  problems.push(...tamper(cli, stored, join(folder, "tampered")));

  // Make it small, and find it so in a process that knows nothing else.
  const startedAt = performance.now();
  const shrunk = cli("shrink", stored, "--out", row.corpus);
  const seconds = (performance.now() - startedAt) / 1_000;
  const told = /shrunk (\d+) → (\d+) faults?.* (\d+) runs/.exec(shrunk.output);
  if (shrunk.code !== 0 || told === null) return [...problems, `shrink ended ${shrunk.code}:\n${shrunk.output}`];
  if (shrunk.output.includes("not to the end")) problems.push("shrink gave up before it was minimal");
  if (shrunk.cpuSeconds > SHRINK_SECONDS_MAX)
    problems.push(`shrink took ${shrunk.cpuSeconds.toFixed(1)} s of a processor`);
  await keep(row.corpus, mutant);
  const alone = cli("replay", row.corpus, "--no-report");
  if (alone.code !== 1 || !alone.output.includes("it fails as it was found to"))
    problems.push(`the shrunk file's replay ended ${alone.code}:\n${alone.output}`);
  const without = await clean.kept(row.corpus);
  if (without.fingerprint !== undefined)
    problems.push(`the shrunk file fails without the bug too: ${without.fingerprint}`);

  const [first] = failures;
  const measured = {
    seed: first.seed,
    fingerprint: first.fingerprint,
    measured: {
      seeds: last + 1,
      failures: failures.length,
      ways: Object.fromEntries(result.groups.map(({ fingerprint, count }) => [fingerprint, count])),
      drawnFaults: Number(told[1]),
      shrunkFaults: Number(told[2]),
      shrinkRuns: Number(told[3]),
      shrinkCpuSeconds: Math.round(shrunk.cpuSeconds * 10) / 10,
    },
  };
  Object.assign(row, measured);
  if (problems.length === 0) writeFileSync(donePath, JSON.stringify(measured));
  console.log(`  ${row.id}: ${seconds.toFixed(0)} s by the clock for shrinking`);
  return problems;
}

/** A stored run whose faults come a millisecond later is another run from the first of them on. */
function tamper(cli, stored, folder) {
  rmSync(folder, { recursive: true, force: true });
  cpSync(stored, folder, { recursive: true });
  const path = join(folder, "result.json");
  const result = JSON.parse(readFileSync(path, "utf8"));
  for (const fault of result.scenario.faults)
    fault.at = `${Number.parseInt(fault.at, 10) + 1}${/[a-z]+$/.exec(fault.at)[0]}`;
  writeFileSync(path, JSON.stringify(result));
  const { code, output } = cli("replay", folder, "--no-report");
  const told = /another run from record \d+ on\n\s+stored\s+(.+)\n\s+now\s+(.+)/.exec(output);
  if (code === 4 && told !== null && told[1] !== told[2]) return [];
  return [`the replay of a tampered result ended ${code}, and should end 4 with both values:\n${output}`];
}

/** Puts what a person would add into the file that `shrink` wrote. */
async function keep(path, mutant) {
  const document = parseDocument(readFileSync(path, "utf8"));
  document.set("source", `planted bug ${mutant.id}: ${mutant.title} (${mutant.source})`);
  document.setIn(["found", "fixedBy"], `Never part of a release: ${mutant.id} is planted by test/mutants.`);
  const options = { ...(await prettier.resolveConfig(path)), parser: "yaml" };
  const schema = relative(join(path, ".."), "schema/scenario.json").replaceAll("\\", "/");
  const text = `# yaml-language-server: $schema=${schema}\n${document.toString({ lineWidth: 0 })}`;
  writeFileSync(path, await prettier.format(text, options));
}

/** Runs a package's command line, with the time of a processor that it took. */
function faultline(directory, command) {
  const main = join(directory, "dist/cli/main.js");
  const timed = ["-c", 'TIMEFORMAT="cpu %U %S"; time "$@"', "time", process.execPath, main, ...command];
  const { status, stdout, stderr } = spawnSync("bash", timed, {
    encoding: "utf8",
    env: { PATH: process.env.PATH, NO_COLOR: "1", CI: "1" },
    maxBuffer: 1 << 28,
  });
  const cpu = /^cpu ([\d.]+) ([\d.]+)$/m.exec(stderr);
  return {
    code: status,
    output: `${stdout}\n${stderr}`,
    cpuSeconds: cpu === null ? Infinity : Number(cpu[1]) + Number(cpu[2]),
  };
}

/** What was measured belongs to one build and one template. */
function buildOf(directory, template) {
  const hash = createHash("sha256").update(readFileSync(template));
  const dist = join(directory, "dist");
  for (const name of readdirSync(dist, { recursive: true }).sort())
    if (name.endsWith(".js")) hash.update(name).update(readFileSync(join(dist, name)));
  return hash.digest("hex").slice(0, 12);
}

function wayOf({ fingerprint, count }) {
  return `${fingerprint} ${count}×`;
}

function percent(share) {
  return `${Math.round(share * 100)} %`;
}

function printTable(rows) {
  console.log(
    "\nbug  component    template                          first  failures/seeds  ways  main  faults  runs  cpu",
  );
  for (const { id, component, template, seed, measured } of rows) {
    const counts = Object.values(measured.ways);
    const main = percent(Math.max(...counts) / measured.failures);
    console.log(
      [
        id.padEnd(4),
        component.padEnd(12),
        template.slice("scenarios/".length, -".yaml".length).padEnd(32),
        String(seed).padStart(6),
        `${measured.failures}/${measured.seeds}`.padStart(15),
        String(counts.length).padStart(5),
        main.padStart(6),
        `${measured.drawnFaults} → ${measured.shrunkFaults}`.padStart(7),
        String(measured.shrinkRuns).padStart(5),
        `${measured.shrinkCpuSeconds} s`.padStart(7),
      ].join(" "),
    );
  }
  console.log("");
}
