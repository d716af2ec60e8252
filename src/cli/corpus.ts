import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import pc from "picocolors";
import { CORPUS_FOLDER, judgeKept, runKept, type KeptVerdict } from "../lab/explore/corpus.ts";
import type { Found } from "../lab/explore/shrunk-file.ts";
import { toolVersion } from "../lab/run/run-scenario.ts";
import { writeWhole } from "../lab/run/write-run.ts";
import type { LoadedScenario } from "../lab/scenario/model.ts";
import { ScenarioError } from "../lab/scenario/problems.ts";
import { writing } from "./reports-folder.ts";
import { loadScenarios } from "./scenario-files.ts";

export interface CorpusArguments {
  /** Files and folders; {@link CORPUS_FOLDER} without any. */
  readonly paths: readonly string[];
  /** Writes this version into the files of failures that it reproduces. */
  readonly update: boolean;
}

/** Runs every kept failure at its seed. @returns 0 when each is what its file says, else 1. */
export async function corpusCommand(args: CorpusArguments): Promise<number> {
  const paths = args.paths.length === 0 ? [CORPUS_FOLDER] : args.paths;
  const kept = (await loadScenarios(paths)).filter(({ input }) => input.found !== undefined);
  if (kept.length === 0) throw nothingKept(paths.join(", "));
  let others = 0;
  for (const loaded of kept) {
    const found = loaded.input.found as Found;
    const verdict = judgeKept(found, await runKept(loaded, found.seed));
    if (!verdict.isAsKept) others++;
    process.stdout.write(lineOf(loaded, found, verdict));
    if (args.update && verdict.isAsKept && verdict.state === "open") await updateVersion(loaded, found);
  }
  const open = kept.filter(({ input }) => input.found?.fixedBy === undefined).length;
  const count = `${String(kept.length)} kept ${kept.length === 1 ? "failure" : "failures"}: ${String(open)} open, ${String(kept.length - open)} fixed`;
  const end =
    others === 0
      ? "each as its file says"
      : `${String(others)} not as ${others === 1 ? "its file says" : "their files say"}`;
  process.stdout.write(`${count}; ${others === 0 ? pc.green(end) : pc.red(end)}\n`);
  return others === 0 ? 0 : 1;
}

function lineOf({ scenario, source }: LoadedScenario, { seed }: Found, verdict: KeptVerdict): string {
  const { state, isAsKept, expected, observed, next } = verdict;
  const name = source?.path ?? scenario.name;
  if (isAsKept) return `${pc.green("✓")} ${state.padEnd(5)} ${name}  ${pc.dim(`seed ${seed}, ${observed}`)}\n`;
  return (
    `${pc.red("✗")} ${state.padEnd(5)} ${pc.bold(name)}  ${pc.dim(`seed ${seed}`)}\n` +
    `  expected ${expected}\n  observed ${observed}\n  ${next}\n`
  );
}

/** Changes the one line of a data file, so that everything else stays as somebody wrote it. */
async function updateVersion({ source }: LoadedScenario, { version }: Found): Promise<void> {
  const now = toolVersion();
  if (source === undefined || version === now || ![".yaml", ".yml"].includes(extname(source.path))) return;
  const text = await readFile(source.path, "utf8");
  const { parseDocument } = await import("yaml");
  const document = parseDocument(text);
  document.setIn(["found", "version"], now);
  const updated = document.toString({ lineWidth: 0 });
  await writing(source.path, () => writeWhole(source.path, updated));
}

function nothingKept(paths: string): ScenarioError {
  return new ScenarioError([
    {
      code: "CORPUS_EMPTY",
      path: [],
      file: paths,
      message: "No scenario here says where it was found.",
      expected: "a file that `faultline shrink --keep` wrote",
    },
  ]);
}
