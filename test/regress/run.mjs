// The regression suite: every scenario at three fixed seeds, and each failure that was kept at the seed it was found with (open: it
// must fail as it was found to; fixed: it must pass), as JUnit and an index page. `npm run regress -- [--reports FOLDER] [paths…]`. Needs dist/.
import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const SEEDS = ["1", "2", "3"];
const dist = new URL("../../dist/", import.meta.url);
const load = (path) => import(new URL(path, dist).href);

if (process.send === undefined) await main();
else await work();

async function main() {
  const { values, positionals } = (await import("node:util")).parseArgs({
    options: { reports: { type: "string", default: "reports/regress" } },
    allowPositionals: true,
  });
  const { reports } = values;
  const [{ loadScenarios }, { Reporters }, { worstExitCode }] = await Promise.all(
    ["cli/scenario-files.js", "cli/reporters/reporters.js", "lab/run/outcome.js"].map(load),
  );
  const scenarios = await loadScenarios(positionals.length === 0 ? ["scenarios"] : positionals);
  const tasks = scenarios.flatMap((loaded) =>
    seedsOf(loaded).map((seed) => ({ path: loaded.source.path, name: loaded.scenario.name, seed })),
  );
  const onGithub = process.env.GITHUB_ACTIONS === "true";
  const choice = {
    names: ["dot", ...(onGithub ? ["github"] : []), "html", "junit"],
    files: { html: join(reports, "index.html"), junit: join(reports, "junit.xml") },
  };
  const reporters = new Reporters(choice, process, process.env);
  await reporters.prepare();
  const runs = [];
  await runAll(tasks, reports, (run) => {
    runs.push(run);
    reporters.run(run);
  });
  process.exitCode = worstExitCode(runs.map(({ result }) => result.exitCode));
  await reporters.end({ exitCode: process.exitCode, planned: tasks.length });
  console.log(`${choice.files.html}, ${choice.files.junit}`);
}

/** A failure that was kept is judged where it failed. */
function seedsOf({ input }) {
  return input.found === undefined ? SEEDS : [input.found.seed];
}

/** Runs all tasks on all processors; runs are told in the order of the tasks, whichever ends first. */
function runAll(tasks, reports, onRun) {
  return new Promise((resolve, reject) => {
    const done = new Map();
    let begun = 0;
    let told = 0;
    let open = Math.min(availableParallelism(), tasks.length);
    for (let i = open; i > 0; i--) {
      const worker = fork(fileURLToPath(import.meta.url), { serialization: "advanced" });
      let place;
      const next = () => {
        place = begun++;
        if (place < tasks.length) worker.send({ ...tasks[place], reports });
        else worker.disconnect();
      };
      worker.on("message", ({ error, ...run }) => {
        if (error !== undefined) return reject(new Error(error));
        done.set(place, run);
        for (; done.has(told); told++) {
          onRun(done.get(told));
          done.delete(told);
        }
        next();
      });
      worker.on("exit", (code) => {
        if (code !== 0) reject(new Error(`A worker ended with ${String(code)} in ${JSON.stringify(tasks[place])}.`));
        else if (--open === 0) resolve();
      });
      next();
    }
    if (tasks.length === 0) resolve();
  });
}

async function work() {
  const [{ loadFile }, { runScenario }, { writeRun }, { asKeptResult, judgeKept, runKept }] = await Promise.all(
    ["cli/scenario-files.js", "lab/explore/drawn.js", "lab/run/write-run.js", "lab/explore/corpus.js"].map(load),
  );
  process.on("message", (task) => {
    runOne(task).then(
      (run) => process.send(run),
      (error) => process.send({ error: String(error.stack ?? error) }),
    );
  });

  /** A run that did not pass, or not as it was kept to, is made again, with its records, for the timeline. */
  async function runOne({ path, name, seed, reports }) {
    const loaded = (await loadFile(path)).find(({ scenario }) => scenario.name === name);
    const { found } = loaded.input;
    const result = found === undefined ? (await runScenario(loaded, { seed })).result : await judged(loaded, found);
    if (result.exitCode === 0) return { result };
    const again = await runScenario(loaded, { seed, keepTrace: true });
    const { html } = await writeRun(reports, again.result, again.trace);
    return { result, reportPath: html };
  }

  async function judged(loaded, found) {
    const run = await runKept(loaded, found.seed);
    return asKeptResult(run, judgeKept(found, run));
  }
}
