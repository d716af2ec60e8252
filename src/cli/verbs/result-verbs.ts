import { join } from "node:path";
import type { Argv } from "yargs";
import { settingsFor } from "../config/from-argv.ts";
import * as options from "../options.ts";

/** Verbs that take what runs have written: `merge`, `replay`, `shrink`, `corpus`, `diff`, `report`. */
export function addResultVerbs(parser: Argv, end: (code: number) => void): Argv {
  return parser
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
          .options({
            out: { type: "string", requiresArg: true, describe: "file to write the whole result to" },
            "require-coverage": options.REQUIRE_COVERAGE,
            reporter: options.REPORTER_OF_SWEEP,
            "output-file": options.OUTPUT_FILE,
            json: options.JSON_RESULT,
          }),
      async (argv) => {
        const [{ mergeCommand }, { reporterChoice }, { SWEEP_REPORTERS }] = await Promise.all([
          import("../merge.ts"),
          import("../reporters/names.ts"),
          import("../reporters/sweep-reporters.ts"),
        ]);
        end(
          await mergeCommand({
            paths: argv.paths.map(String),
            out: argv.out,
            requireCoverage: argv["require-coverage"],
            reporters: reporterChoice(options.withJson(argv.reporter, argv.json), argv["output-file"], SWEEP_REPORTERS),
          }),
        );
      },
    )
    .command(
      "replay <path>",
      "make a stored run again, and say whether it is the same",
      (command) =>
        command.positional("path", options.STORED_PATH).options({
          config: options.CONFIG,
          seed: options.SEED_OF_SCENARIO,
          report: options.REPORT,
          reports: { ...options.REPORTS, describe: "folder for reports [replay/ in that of runs]" },
          json: options.JSON_RESULT,
        }),
      async (argv) => {
        // The seed is the result's own, or the flag's: a setting is for runs that have none.
        const { report, reports } = await settingsFor({ ...argv, seed: undefined });
        const { replayCommand } = await import("../replay.ts");
        end(await replayCommand({ ...argv, report, reports: argv.reports ?? join(reports, "replay") }));
      },
    )
    .command(
      "shrink <path>",
      "make a failure small, as a scenario of its own",
      (command) =>
        command.positional("path", options.STORED_PATH).options({
          config: options.CONFIG,
          seed: options.SEED_OF_SCENARIO,
          out: { type: "string", requiresArg: true, describe: "scenario file to write" },
          keep: { type: "boolean", default: false, describe: "write it to scenarios/corpus, where corpus runs it" },
          runs: { type: "number", default: 500, requiresArg: true, describe: "runs at most" },
          reports: options.REPORTS,
          json: options.JSON_RESULT,
        }),
      async (argv) => {
        const { reports } = await settingsFor({ ...argv, seed: undefined });
        const { shrinkCommand } = await import("../shrink.ts");
        end(await shrinkCommand({ ...argv, reports }));
      },
    )
    .command(
      "corpus [paths..]",
      "run every failure that was kept: an open one must fail as it was found to, a fixed one must pass",
      (command) =>
        command
          .positional("paths", { type: "string", array: true, describe: "files and folders [scenarios/corpus]" })
          .option("update", {
            type: "boolean",
            default: false,
            describe: "write this version into the files of open failures that it reproduces",
          }),
      async (argv) => {
        const { corpusCommand } = await import("../corpus.ts");
        end(await corpusCommand({ ...argv, paths: (argv.paths ?? []).map(String) }));
      },
    )
    .command(
      "diff <first> <second>",
      "say where two stored runs part, and draw them side by side",
      (command) =>
        command
          .positional("first", { type: "string", demandOption: true, describe: "a result.json, or its folder" })
          .positional("second", { type: "string", demandOption: true, describe: "another" })
          .options({
            config: options.CONFIG,
            out: {
              type: "string",
              requiresArg: true,
              describe: "folder of the page [one for the two, in reports/diff]",
            },
            report: { ...options.REPORT, describe: "write a page of both runs; --no-report writes nothing [true]" },
            reports: options.REPORTS,
            json: options.JSON_RESULT,
          }),
      async (argv) => {
        const { report, reports } = await settingsFor(argv);
        const { diffCommand } = await import("../diff.ts");
        end(await diffCommand({ ...argv, report, reports }));
      },
    )
    .command(
      "report <path>",
      "write timeline, picture and exports of a stored run, without running it",
      (command) =>
        command.positional("path", { ...options.STORED_PATH, describe: "a result.json, or its folder" }).options({
          format: {
            type: "string",
            default: "html",
            requiresArg: true,
            describe: "html (timeline and overview), text, chrome-trace, shiviz, ndjson; several with commas",
          },
          out: { type: "string", requiresArg: true, describe: "folder to write to; default that of the result" },
          from: { type: "string", requiresArg: true, describe: "exports begin here, as 10s of virtual time" },
          to: { type: "string", requiresArg: true, describe: "exports end here" },
          json: options.JSON_RESULT,
        }),
      async (argv) => {
        const { reportCommand } = await import("../report.ts");
        end(await reportCommand(argv));
      },
    );
}
