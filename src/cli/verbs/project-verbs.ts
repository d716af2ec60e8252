import type { Argv } from "yargs";

/** Verbs about the project a scenario is in: `schema`. */
export function addProjectVerbs(parser: Argv, end: (code: number) => void): Argv {
  return parser.command(
    "schema",
    "write the JSON Schema of scenario files",
    (command) =>
      command.option("out", { type: "string", requiresArg: true, describe: "file to write; stdout without it" }),
    async (argv) => {
      const { schemaCommand } = await import("../schema.ts");
      end(await schemaCommand(argv.out));
    },
  );
}
