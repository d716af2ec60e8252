#!/usr/bin/env node
import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { withOpening } from "./open-page.ts";
import { UsageError } from "./usage-error.ts";
import { usageWords } from "./usage-words.ts";
import { addDoctorVerb } from "./verbs/doctor-verb.ts";
import { addFleetVerbs } from "./verbs/fleet-verbs.ts";
import { addProjectVerbs } from "./verbs/project-verbs.ts";
import { addResultVerbs } from "./verbs/result-verbs.ts";
import { addScenarioVerbs } from "./verbs/scenario-verbs.ts";

const EPILOGUE =
  "Exit codes: 0 all hold, 1 a violation, 2 usage or scenario error, 3 inconclusive, 4 non-determinism, 5 inert fault, 70 internal error, 130 and 143 interrupted.";

async function main(args: readonly string[]): Promise<number> {
  let exitCode = 0;
  const end = (code: number): void => {
    exitCode = code;
  };
  const bare = yargs([...args])
    .scriptName("faultline")
    .usage("$0 <command>");
  const parser = [addScenarioVerbs, addResultVerbs, addFleetVerbs, addDoctorVerb, addProjectVerbs]
    .reduce((some, add) => add(some, end), bare)
    .demandCommand(1, "Name a command.")
    .strict()
    .recommendCommands()
    .version(await ownVersion())
    .example("$0 run scenarios/seed/split-2-3.yaml --seed 7", "one scenario, one seed, one report")
    .example("$0 run scenarios --no-report", "every scenario of a folder, judged and not drawn")
    .example("$0 validate my.yaml", "what is wrong with a scenario, and where")
    .epilogue(EPILOGUE)
    .wrap(process.stdout.columns > 0 ? Math.min(120, process.stdout.columns) : 100)
    .exitProcess(false)
    .fail((message: string | null, error: Error | undefined, usage: object) => {
      throw error ?? new UsageError(usageWords(message ?? "The command line is not right.", flagsOf(usage)));
    });
  await parser.parseAsync();
  return exitCode;
}

/** Options of the verb that was read; the types of yargs do not tell of this method. */
function flagsOf(usage: { getDescriptions?(): object }): readonly string[] {
  return Object.keys(usage.getDescriptions?.() ?? {});
}

async function ownVersion(): Promise<string> {
  const { readFile } = await import("node:fs/promises");
  return (JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8")) as { version: string })
    .version;
}

/** Seeds keep every digit: yargs would read a bare number. */
try {
  process.exitCode = await main(withOpening(hideBin(process.argv)));
} catch (error) {
  process.exitCode = exitCodeOfError(error);
}

function exitCodeOfError(error: unknown): number {
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\nTry: faultline --help\n`);
    return 2;
  }
  if (error instanceof Error && error.name === "ScenarioError") {
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
  if (error instanceof Error && error.name === "ReportsError") {
    process.stderr.write(`${error.message}\n`);
    return 70;
  }
  if (error instanceof Error && error.name === "YError") {
    process.stderr.write(`${error.message}\nTry: faultline --help\n`);
    return 2;
  }
  process.stderr.write(`Internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return 70;
}
