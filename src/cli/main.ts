#!/usr/bin/env node
import yargs from "yargs";
import { hideBin } from "yargs/helpers";

/** A command line that cannot be understood: exit 2. */
class UsageError extends Error {
  override name = "UsageError";
}

const EPILOGUE =
  "Exit codes: 0 all hold, 1 a violation, 2 usage or scenario error, 3 inconclusive, 4 non-determinism, 5 inert fault, 70 internal error, 130 and 143 interrupted.";

async function main(args: readonly string[]): Promise<number> {
  let code = 0;
  const parser = yargs([...args])
    .scriptName("faultline")
    .usage("$0 <command>")
    .command(
      "run [paths..]",
      "run scenarios and judge them",
      (command) =>
        command
          .positional("paths", {
            type: "string",
            array: true,
            default: [],
            describe: "scenario files or folders",
          })
          .option("seed", {
            type: "string",
            default: "1",
            requiresArg: true,
            describe: "decides everything that is random",
          })
          .option("grep", {
            alias: "t",
            type: "string",
            requiresArg: true,
            describe: "only scenarios whose name matches this pattern",
          })
          .option("last-failed", {
            type: "boolean",
            default: false,
            describe: "run what did not pass last time, with its seeds",
          })
          .option("bail", { type: "string", describe: "end after this many runs that do not pass; alone, after one" })
          .option("reporter", {
            type: "string",
            default: "default",
            requiresArg: true,
            describe: "default, dot, github, json, jsonl, junit; several with commas",
          })
          .option("output-file", {
            requiresArg: true,
            describe: "file of a reporter, as --output-file.junit=junit.xml",
          })
          .option("verify", {
            type: "boolean",
            default: false,
            describe: "run again in another process and compare every record",
          })
          .option("report", { type: "boolean", default: true, describe: "write a report; --no-report writes nothing" })
          .option("reports", { type: "string", default: "reports", requiresArg: true, describe: "folder for reports" })
          .option("open", { type: "boolean", default: false, describe: "open the timeline in a browser" }),
      async (argv) => {
        if (argv.paths.length === 0 && !argv["last-failed"]) throw new UsageError(NAME_FILES);
        const [{ runCommand }, { reporterChoice }, { bailOf }] = await Promise.all([
          import("./run.ts"),
          import("./reporters/names.ts"),
          import("./bail.ts"),
        ]);
        code = await runCommand({
          ...argv,
          paths: argv.paths.map(String),
          reporters: reporterChoice(argv.reporter, argv["output-file"]),
          bail: bailOf(argv.bail),
          lastFailed: argv["last-failed"],
        });
      },
    )
    .command(
      "sweep <paths..>",
      "run scenarios over many seeds, on all processors",
      (command) =>
        command
          .positional("paths", {
            type: "string",
            array: true,
            demandOption: true,
            describe: "scenario files or folders",
          })
          .option("seeds", {
            type: "string",
            default: "1..100",
            requiresArg: true,
            describe: "ranges and seeds, as 1..2000 or 7,nightly-3",
          })
          .option("plans", {
            choices: ["written", "random"] as const,
            default: "written" as const,
            describe: "random draws the faults anew for each seed",
          })
          .option("shard", {
            type: "string",
            requiresArg: true,
            describe: "run one part of several, as 2/4; then merge",
          })
          .option("resume", { type: "boolean", default: false, describe: "go on where the same sweep was cut short" })
          .option("bail", { type: "string", describe: "end after this many failing runs; alone, after one" })
          .option("workers", { type: "number", requiresArg: true, describe: "processes; default one a processor" })
          .option("reporter", {
            choices: ["default", "json"] as const,
            default: "default" as const,
            describe: "json writes the result to stdout",
          })
          .option("report", {
            type: "boolean",
            default: true,
            describe: "write the result; --no-report writes nothing",
          })
          .option("reports", { type: "string", default: "reports", requiresArg: true, describe: "folder for reports" }),
      async (argv) => {
        const [{ sweepCommand }, { bailOf }] = await Promise.all([import("./sweep.ts"), import("./bail.ts")]);
        code = await sweepCommand({ ...argv, paths: argv.paths.map(String), bail: bailOf(argv.bail) });
      },
    )
    .command(
      "merge <paths..>",
      "make one result of the shards of a sweep",
      (command) =>
        command
          .positional("paths", {
            type: "string",
            array: true,
            demandOption: true,
            describe: "results of shards, or their folders",
          })
          .option("out", { type: "string", requiresArg: true, describe: "file to write the whole result to" })
          .option("reporter", {
            choices: ["default", "json"] as const,
            default: "default" as const,
            describe: "json writes the result to stdout",
          }),
      async (argv) => {
        const { mergeCommand } = await import("./merge.ts");
        code = await mergeCommand({ ...argv, paths: argv.paths.map(String) });
      },
    )
    .command(
      "replay <path>",
      "make a stored run again, and say whether it is the same",
      (command) =>
        command
          .positional("path", {
            type: "string",
            demandOption: true,
            describe: "a result.json, its folder, or a scenario",
          })
          .option("seed", { type: "string", requiresArg: true, describe: "of a scenario that does not say its own" })
          .option("report", { type: "boolean", default: true, describe: "write a report; --no-report writes nothing" })
          .option("reports", {
            type: "string",
            default: "reports/replay",
            requiresArg: true,
            describe: "folder for reports",
          }),
      async (argv) => {
        const { replayCommand } = await import("./replay.ts");
        code = await replayCommand(argv);
      },
    )
    .command(
      "shrink <path>",
      "make a failure small, as a scenario of its own",
      (command) =>
        command
          .positional("path", {
            type: "string",
            demandOption: true,
            describe: "a result.json, its folder, or a scenario",
          })
          .option("seed", { type: "string", requiresArg: true, describe: "of a scenario that does not say its own" })
          .option("out", { type: "string", requiresArg: true, describe: "scenario file to write" })
          .option("runs", { type: "number", default: 500, requiresArg: true, describe: "runs at most" })
          .option("reports", { type: "string", default: "reports", requiresArg: true, describe: "folder for reports" }),
      async (argv) => {
        const { shrinkCommand } = await import("./shrink.ts");
        code = await shrinkCommand(argv);
      },
    )
    .command(
      "diff <first> <second>",
      "say where two stored runs part",
      (command) =>
        command
          .positional("first", { type: "string", demandOption: true, describe: "a result.json, or its folder" })
          .positional("second", { type: "string", demandOption: true, describe: "another" }),
      async (argv) => {
        const { diffCommand } = await import("./diff.ts");
        code = diffCommand(argv);
      },
    )
    .command(
      "list [paths..]",
      "list scenarios",
      (command) =>
        command.positional("paths", {
          type: "string",
          array: true,
          default: ["scenarios"],
          describe: "scenario files or folders",
        }),
      async (argv) => {
        const { listCommand } = await import("./list.ts");
        code = await listCommand(argv.paths.map(String));
      },
    )
    .command(
      "validate <paths..>",
      "check scenarios without running them",
      (command) =>
        command.positional("paths", {
          type: "string",
          array: true,
          demandOption: true,
          describe: "scenario files or folders",
        }),
      async (argv) => {
        const { validateCommand } = await import("./validate.ts");
        code = await validateCommand(argv.paths.map(String));
      },
    )
    .command(
      "schema",
      "write the JSON Schema of scenario files",
      (command) =>
        command.option("out", { type: "string", requiresArg: true, describe: "file to write; stdout without it" }),
      async (argv) => {
        const { schemaCommand } = await import("./schema.ts");
        code = await schemaCommand(argv.out);
      },
    )
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
    .fail((message: string | null, error: Error | undefined) => {
      throw error ?? new UsageError(inOwnWords(message ?? "The command line is not right."));
    });
  await parser.parseAsync();
  return code;
}

const NAME_FILES = "Name scenario files, or folders of them. (replay, shrink, diff and merge take results.)";

/** Positional arguments are files, nearly everywhere of scenarios. */
function inOwnWords(message: string): string {
  return message.startsWith("Not enough non-option arguments") ? NAME_FILES : message;
}

async function ownVersion(): Promise<string> {
  const { readFile } = await import("node:fs/promises");
  return (JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8")) as { version: string })
    .version;
}

/** Seeds keep every digit: yargs would read a bare number. */
try {
  process.exitCode = await main(hideBin(process.argv));
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
