import type { Argv } from "yargs";

/** Verbs about the project a scenario is in: `init`, `schema`, `completion`. */
export function addProjectVerbs(parser: Argv, end: (code: number) => void): Argv {
  return parser
    .command(
      "init [folder]",
      "begin a project: a scenario, a test, a config file, a workflow",
      (command) =>
        command
          .positional("folder", { type: "string", default: ".", describe: "where; what is there stays as it is" })
          .option("dry-run", { type: "boolean", default: false, describe: "say what would be written" }),
      async (argv) => {
        const { initCommand } = await import("../init/init-command.ts");
        end(await initCommand({ folder: argv.folder, dryRun: argv["dry-run"] }));
      },
    )
    .command(
      "schema",
      "write the JSON Schema of scenario files",
      (command) =>
        command.option("out", { type: "string", requiresArg: true, describe: "file to write; stdout without it" }),
      async (argv) => {
        const { schemaCommand } = await import("../schema.ts");
        end(await schemaCommand(argv.out));
      },
    )
    .completion("completion", "print a script with which a shell completes commands and options");
}
