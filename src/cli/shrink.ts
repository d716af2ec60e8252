import { mkdir } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import pc from "picocolors";
import { attemptRun } from "../lab/explore/attempt.ts";
import { CORPUS_FOLDER } from "../lab/explore/corpus.ts";
import { reasonOf } from "../lab/explore/failure.ts";
import { fingerprintOf } from "../lab/explore/fingerprint.ts";
import { shrink, type ShrinkStep } from "../lab/explore/shrink.ts";
import { asFound, shrunkName, shrunkText } from "../lab/explore/shrunk-file.ts";
import { runScenario, toolVersion } from "../lab/run/run-scenario.ts";
import { runInOtherProcess } from "../lab/run/verify.ts";
import { writeWhole } from "../lab/run/write-run.ts";
import { SCENARIO_NAME } from "../lab/scenario/model.ts";
import { ScenarioError } from "../lab/scenario/problems.ts";
import { shellWord } from "../trace/replay-line.ts";
import { ownScript } from "./own-script.ts";
import { makeFolder, writing } from "./reports-folder.ts";
import { loadFile } from "./scenario-files.ts";
import { onSignals } from "./signals.ts";
import { loadStoredRun } from "./stored-run.ts";

export interface ShrinkArguments {
  readonly path: string;
  readonly seed?: string | undefined;
  readonly out?: string | undefined;
  /** Writes it where `corpus` runs it, unless {@link ShrinkArguments.out} says otherwise. */
  readonly keep: boolean;
  readonly runs: number;
  readonly reports: string;
  readonly json: boolean;
}

/** Makes a failure small and writes it as a scenario of its own. @returns 0 when it is, or the code of a signal. */
export async function shrinkCommand(args: ShrinkArguments): Promise<number> {
  const { loaded, seed, codeFile } = await loadStoredRun(args.path, args.seed);
  const { result, trace } = await runScenario(loaded, { seed, keepTrace: true });
  if (result.exitCode === 0 || trace === undefined) throw refusal("SHRINK", args.path, `It passes at seed ${seed}.`);
  const { what, time } = reasonOf(result);
  const fingerprint = fingerprintOf(result, trace);
  const extension = codeFile === undefined ? ".yaml" : ".ts";
  const out =
    args.out ??
    join(
      args.keep ? CORPUS_FOLDER : args.reports,
      `${shrunkName(loaded.scenario.name, seed, what[0] ?? "")}${extension}`,
    );
  const name = nameOf(out, extension);
  await makeFolder(dirname(out));
  const interruption = onSignals();
  const startedAt = Date.now();
  try {
    const shrunk = await shrink({
      input: loaded.input,
      target: { fingerprint, time },
      runsMax: args.runs,
      signal: interruption.signal,
      attempt: (input) => attemptRun(input, { seed, fingerprint: fingerprintOf, signal: interruption.signal }),
      onStep,
    });
    const found = asFound(shrunk.input, name, { seed, fingerprint, version: toolVersion() });
    await mkdir(dirname(out), { recursive: true });
    const text = await shrunkText(found, { codeFile, folder: dirname(out) });
    await writing(out, () => writeWhole(out, text));
    const before = loaded.scenario.faults.length;
    const after = shrunk.input.faults?.length ?? 0;
    const seconds = ((Date.now() - startedAt) / 1_000).toFixed(1);
    const isSame = await failsAlone(out, name, { seed, fingerprint });
    const minimal = shrunk.isMinimal ? "" : ", not to the end";
    (args.json ? process.stderr : process.stdout).write(
      `${isSame ? pc.green("✓") : pc.red("✗")} ${pc.bold(`shrunk ${String(before)} → ${String(after)} ${after === 1 ? "fault" : "faults"}`)}${minimal}  ${pc.dim(`${String(shrunk.runs)} runs, ${seconds} s`)}\n` +
        `  ${what[0] ?? ""} ${pc.dim(fingerprint)}\n` +
        `  ${isSame ? "fails in the same way in a process of its own" : "fails in another way in a process of its own"}\n` +
        `  wrote ${out}\n  replay faultline replay ${shellWord(out)}\n`,
    );
    const { runs, isMinimal } = shrunk;
    const told = { written: out, faults: { before, after }, runs, isMinimal, failsAlone: isSame, seed, fingerprint };
    if (args.json) process.stdout.write(`${JSON.stringify(told)}\n`);
    if (interruption.signal.aborted) return Number(interruption.signal.reason);
    return isSame ? 0 : 4;
  } finally {
    interruption.release();
  }
}

function onStep({ runs, faults, what }: ShrinkStep): void {
  process.stderr.write(
    pc.dim(`  run ${String(runs).padStart(4)}: ${String(faults)} ${faults === 1 ? "fault" : "faults"}, ${what}\n`),
  );
}

/** Whether the written file fails in this way, run elsewhere as it stands on disk. */
async function failsAlone(
  path: string,
  name: string,
  expected: { readonly seed: string; readonly fingerprint: string },
): Promise<boolean> {
  const [loaded] = await loadFile(path);
  if (loaded === undefined) return false;
  const { result, trace } = await runScenario(loaded, { seed: expected.seed, keepTrace: true });
  if (trace === undefined) return false;
  const other = await runInOtherProcess({
    path,
    scenarioName: name,
    seed: expected.seed,
    script: ownScript("second-run"),
  });
  return other.digest === result.digest && fingerprintOf(result, trace) === expected.fingerprint;
}

/** A scenario of data carries the name of its file. */
function nameOf(out: string, extension: string): string {
  const name = basename(out, extname(out));
  if (extname(out) === extension && SCENARIO_NAME.test(name)) return name;
  throw refusal(
    "SHRINK_OUT",
    "--out",
    `A shrunk scenario cannot be called that.`,
    `lower-case letters, digits and dashes, ending in ${extension}`,
  );
}

function refusal(code: string, file: string, message: string, expected?: string): ScenarioError {
  return new ScenarioError([
    {
      code,
      path: [],
      file,
      message,
      expected: expected ?? "a scenario and a seed at which it fails, or such a result",
    },
  ]);
}
