import type { Argv } from "yargs";

/** The verb about determinism: `doctor`. */
export function addDoctorVerb(parser: Argv, end: (code: number) => void): Argv {
  return parser.command(
    "doctor <paths..>",
    "find what makes a run depend on more than its seed",
    (command) =>
      command
        .positional("paths", {
          type: "string",
          array: true,
          demandOption: true,
          describe: "scenario files, folders or globs",
        })
        .options({
          seed: { type: "string", default: "1", requiresArg: true, describe: "of the runs that are compared" },
          node: {
            type: "string",
            array: true,
            default: [] as string[],
            requiresArg: true,
            nargs: 1,
            describe: "another Node to compare with, its binary; may be repeated",
          },
          json: { type: "boolean", default: false, describe: "everything as JSON on stdout" },
        }),
    async (argv) => {
      const { doctorCommand } = await import("../doctor.ts");
      end(await doctorCommand({ ...argv, paths: argv.paths.map(String), node: argv.node.map(String) }));
    },
  );
}
