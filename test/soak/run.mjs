// The soak of an issue: many seeds of many scenarios, in two processes, resumable. `npm run soak -- --issue 2 [--ci] [--only NAME]`.
import { fork } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const WORKERS = 2;
const root = new URL("../../", import.meta.url);

if (process.send === undefined) await main();
else await work();

/** One run: an entry of the plan and a seed. */
function tasksOf(plan, { isCi, only }) {
  return plan
    .filter((entry) => only === undefined || entry.name.includes(only))
    .flatMap((entry) =>
      Array.from({ length: isCi ? Math.min(5, entry.ciSeeds ?? 5, entry.seeds) : entry.seeds }, (_, i) => ({
        entry,
        seed: String(i + 1),
      })),
    );
}

async function main() {
  const { values } = (await import("node:util")).parseArgs({
    options: {
      issue: { type: "string", default: "2" },
      ci: { type: "boolean", default: false },
      only: { type: "string" },
    },
  });
  const plan = JSON.parse(readFileSync(new URL("plan.json", import.meta.url), "utf8"))[values.issue];
  if (plan === undefined) throw new Error(`The plan holds nothing for issue ${values.issue}.`);
  const build = buildHash();
  const log = fileURLToPath(new URL(`.soak/issue-${values.issue}-${build}.jsonl`, root));
  mkdirSync(fileURLToPath(new URL(".soak", root)), { recursive: true });
  const done = new Map();
  if (existsSync(log))
    for (const line of readFileSync(log, "utf8").split("\n"))
      if (line !== "") done.set(keyOf(JSON.parse(line)), JSON.parse(line));
  const tasks = tasksOf(plan, { isCi: values.ci, only: values.only });
  const open = tasks.filter(({ entry, seed }) => !done.has(keyOf({ name: entry.name, seed })));
  console.log(
    `${String(tasks.length)} runs, ${String(tasks.length - open.length)} already done by this build (${build}); log ${log}`,
  );
  const startedAt = Date.now();
  await runAll(open, (row) => {
    done.set(keyOf(row), row);
    appendFileSync(log, `${JSON.stringify(row)}\n`);
    if (row.exitCode !== 0) console.log(`✗ ${row.name} seed ${row.seed}: ${row.outcome}: ${row.why}`);
  });
  process.exitCode = table(plan, tasks, done, (Date.now() - startedAt) / 1_000);
}

function keyOf({ name, seed }) {
  return `${name} ${seed}`;
}

/** Results belong to one build: a changed package or scenario starts anew. */
function buildHash() {
  const hash = createHash("sha256");
  const add = (folder, wanted) => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) add(path, wanted);
      else if (wanted.test(entry.name)) hash.update(relative(fileURLToPath(root), path)).update(readFileSync(path));
    }
  };
  add(fileURLToPath(new URL("dist", root)), /\.js$/);
  add(fileURLToPath(new URL("scenarios", root)), /\.(yaml|ts)$/);
  hash.update(readFileSync(new URL("plan.json", import.meta.url)));
  return hash.digest("hex").slice(0, 12);
}

function runAll(tasks, onRow) {
  return new Promise((resolve, reject) => {
    const queue = [...tasks];
    let busy = 0;
    const next = (worker) => {
      const task = queue.shift();
      if (task === undefined) worker.disconnect();
      else worker.send(task);
    };
    for (let i = 0; i < Math.min(WORKERS, tasks.length); i++) {
      const worker = fork(fileURLToPath(import.meta.url));
      busy++;
      worker.on("message", (row) => {
        onRow(row);
        next(worker);
      });
      worker.on("exit", (code) => {
        if (code !== 0) reject(new Error(`A worker ended with ${String(code)}.`));
        else if (--busy === 0) resolve();
      });
      next(worker);
    }
    if (tasks.length === 0) resolve();
  });
}

function table(plan, tasks, done, seconds) {
  let failed = 0;
  const names = [...new Set(tasks.map(({ entry }) => entry.name))];
  const width = Math.max(...names.map((name) => name.length));
  console.log(`\n${"scenario".padEnd(width)}  seeds  held  other  judged/run  s/run (max)`);
  for (const name of names) {
    const rows = tasks.filter(({ entry }) => entry.name === name).map(({ seed }) => done.get(keyOf({ name, seed })));
    const held = rows.filter((row) => row.exitCode === 0).length;
    failed += rows.length - held;
    const sum = (of) => rows.reduce((total, row) => total + of(row), 0);
    const longest = Math.max(...rows.map((row) => row.wallMs)) / 1_000;
    const counts = `${String(rows.length).padStart(5)} ${String(held).padStart(5)} ${String(rows.length - held).padStart(6)} ${String(Math.round(sum((row) => row.judged) / rows.length)).padStart(11)}`;
    console.log(
      `${name.padEnd(width)}  ${counts}  ${(sum((row) => row.wallMs) / rows.length / 1_000).toFixed(2)} (${longest.toFixed(2)})`,
    );
    for (const row of rows.filter((one) => one.exitCode !== 0).slice(0, 5))
      console.log(`  ✗ seed ${row.seed} ${row.outcome}: ${row.why}`);
  }
  console.log(`\n${String(tasks.length - failed)} passed, ${String(failed)} failed in ${seconds.toFixed(0)} s`);
  return failed === 0 ? 0 : 1;
}

async function work() {
  const dist = new URL("dist/", root);
  const [{ loadFile }, { runScenario }, { patchScenario }, { Rng }] = await Promise.all(
    ["cli/scenario-files.js", "lab/explore/drawn.js", "lab/scenario/patch.js", "sim/kernel/rng.js"].map(
      (path) => import(new URL(path, dist).href),
    ),
  );
  process.chdir(fileURLToPath(root));
  process.on("message", ({ entry, seed }) => {
    void runOne(entry, seed).then((row) => process.send(row));
  });

  async function runOne(entry, seed) {
    const startedAt = Date.now();
    try {
      const [loaded] = await loadFile(`scenarios/${entry.scenario}.yaml`);
      const input = patchScenario(loaded.input, drawn(entry, seed, Rng));
      const { result } = await runScenario(input, { seed });
      const judged = result.verdicts.reduce((sum, verdict) => sum + verdict.judged, 0);
      const odd = oddFigures(result, entry.figures ?? {});
      const isOdd = result.exitCode === 0 && odd !== "";
      return {
        name: entry.name,
        seed,
        exitCode: isOdd ? 1 : result.exitCode,
        outcome: isOdd ? "figures" : result.outcome,
        digest: result.digest,
        judged,
        wallMs: Date.now() - startedAt,
        why: isOdd ? odd : whyOf(result),
      };
    } catch (error) {
      return {
        name: entry.name,
        seed,
        exitCode: 70,
        outcome: "internal-error",
        digest: "",
        judged: 0,
        wallMs: Date.now() - startedAt,
        why: String(error.stack ?? error),
      };
    }
  }
}

/** Figures of the run's summary that do not begin as the plan says; `""` when all do. */
function oddFigures(result, figures) {
  const of = (name) => result.summary.find((row) => row.name === name)?.value ?? "(none)";
  return Object.entries(figures)
    .filter(([name, value]) => !of(name).startsWith(value))
    .map(([name, value]) => `${name}: ${of(name)}, expected ${value}`)
    .join("; ");
}

/** The entry's patch, with fault times drawn from its ranges by the seed. */
function drawn(entry, seed, Rng) {
  const patch = entry.patch ?? {};
  if (entry.drawAt === undefined) return patch;
  const stream = new Rng(seed).stream("soak/at");
  const at = Object.fromEntries(
    Object.entries(entry.drawAt).map(([fault, [min, max]]) => [fault, `${String(stream.integer(min, max))}ms`]),
  );
  return { ...patch, at: { ...patch.at, ...at } };
}

function whyOf(result) {
  const violated = result.verdicts.find((verdict) => verdict.violation !== undefined);
  if (result.error !== undefined) return `${result.error.code} ${result.error.message}`;
  if (violated !== undefined) return `${violated.checker}: ${violated.violation.message}`;
  const expect = result.expects.find((one) => !one.held);
  if (expect !== undefined) return `${expect.text}: ${expect.reason}`;
  const undecided = result.verdicts.find((verdict) => verdict.verdict === "inconclusive");
  if (undecided !== undefined) return `${undecided.checker}: ${undecided.reason}`;
  const inert = result.faults.find((fault) => fault.touched === 0 && !fault.optional);
  return inert === undefined ? "" : `fault ${inert.id} touched nothing`;
}
