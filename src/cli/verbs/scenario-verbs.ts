import type { Argv } from "yargs";
import { checksText, pathsOf, settingsFor } from "../config/from-argv.ts";
import { OPENINGS } from "../open-page.ts";
import * as options from "../options.ts";

/** Verbs that take scenarios: `run`, `sweep`, `list`, `validate`, `show`. */
export function addScenarioVerbs(parser: Argv, end: (code: number) => void): Argv {
  return parser
    .command(
      "run [paths..]",
      "run scenarios and judge them",
      (command) =>
        command.positional("paths", { ...options.PATHS, default: [] }).options({
          config: options.CONFIG,
          seed: options.SEED,
          checks: options.CHECKS,
          grep: {
            alias: "t",
            type: "string",
            requiresArg: true,
            describe: "only scenarios whose name matches this pattern",
          },
          "last-failed": {
            type: "boolean",
            default: false,
            describe: "run what did not pass last time, with its seeds",
          },
          bail: options.BAIL,
          reporter: {
            type: "string",
            requiresArg: true,
            describe: "default, dot, github, json, jsonl, junit; several with commas",
          },
          "output-file": options.OUTPUT_FILE,
          json: options.JSON_RESULT,
          verify: { type: "boolean", describe: "run again in another process and compare every record" },
          report: options.REPORT,
          reports: options.REPORTS,
          open: {
            choices: OPENINGS,
            describe: "open the first timeline in a browser; alone: always; never where CI is set",
          },
          watch: {
            alias: "w",
            type: "boolean",
            default: false,
            describe: "run again when a scenario, or what it imports, changes",
          },
        }),
      async (argv) => {
        const settings = await settingsFor(argv);
        const isRepeat = argv["last-failed"];
        if (argv.watch) {
          const { watchCommand } = await import("../watch/watch-command.ts");
          end(
            await watchCommand({
              args: withoutWatch(process.argv.slice(2)),
              paths: pathsOf(argv.paths, settings),
              config: settings.configFile,
            }),
          );
          return;
        }
        const [{ runCommand }, { reporterChoice }] = await Promise.all([
          import("../run.ts"),
          import("../reporters/names.ts"),
        ]);
        end(
          await runCommand({
            ...settings,
            paths: isRepeat && argv.paths.length === 0 ? [] : pathsOf(argv.paths, settings),
            checks: checksText(settings),
            grep: argv.grep,
            lastFailed: isRepeat,
            reporters: reporterChoice(options.withJson(settings.reporters, argv.json), settings.outputFiles),
          }),
        );
      },
    )
    .command(
      "sweep [paths..]",
      "run scenarios over many seeds, on all processors",
      (command) =>
        command.positional("paths", { ...options.PATHS, default: [] }).options({
          config: options.CONFIG,
          seeds: options.SEEDS,
          plans: {
            choices: ["scenario", "written", "random"] as const,
            describe: "random draws faults for every scenario, written for none [scenario: where it has a plan]",
          },
          checks: options.CHECKS,
          shard: {
            type: "string",
            requiresArg: true,
            describe: "run one part of several, as 2/4; then merge",
          },
          resume: { type: "boolean", default: false, describe: "go on where the same sweep was cut short" },
          bail: options.BAIL,
          workers: {
            type: "number",
            requiresArg: true,
            conflicts: "queue",
            describe: "processes; default one a processor",
          },
          queue: { ...options.QUEUE, describe: "let the workers of a fleet run it, as redis://host:6379" },
          "last-failed": {
            type: "boolean",
            default: false,
            describe: "sweep the seeds that failed last time, with the scenarios that did",
          },
          "require-coverage": options.REQUIRE_COVERAGE,
          reporter: options.REPORTER_OF_SWEEP,
          "output-file": options.OUTPUT_FILE,
          json: options.JSON_RESULT,
          report: options.REPORT,
          reports: options.REPORTS,
        }),
      async (argv) => {
        // Its reporter is its own: a config file names those of `run`.
        const settings = await settingsFor({ ...argv, reporter: undefined, "output-file": undefined });
        const isRepeat = argv["last-failed"];
        const [{ sweepCommand }, { reporterChoice }, { SWEEP_REPORTERS }] = await Promise.all([
          import("../sweep.ts"),
          import("../reporters/names.ts"),
          import("../reporters/sweep-reporters.ts"),
        ]);
        end(
          await sweepCommand({
            ...settings,
            paths: isRepeat && argv.paths.length === 0 ? [] : pathsOf(argv.paths, settings),
            checks: checksText(settings),
            shard: argv.shard,
            resume: argv.resume,
            lastFailed: isRepeat,
            requireCoverage: argv["require-coverage"],
            reporters: reporterChoice(options.withJson(argv.reporter, argv.json), argv["output-file"], SWEEP_REPORTERS),
          }),
        );
      },
    )
    .command(
      "list [paths..]",
      "list scenarios",
      (command) =>
        command
          .positional("paths", { ...options.PATHS, default: [] })
          .options({ config: options.CONFIG, json: options.JSON_RESULT }),
      async (argv) => {
        const settings = await settingsFor(argv);
        const { listCommand } = await import("../list.ts");
        const scenarios = settings.scenarios ?? ["scenarios"];
        end(await listCommand(pathsOf(argv.paths, { ...settings, scenarios }), argv.json));
      },
    )
    .command(
      "validate [paths..]",
      "check scenarios without running them",
      (command) =>
        command
          .positional("paths", { ...options.PATHS, default: [] })
          .options({ config: options.CONFIG, checks: options.CHECKS, json: options.JSON_RESULT }),
      async (argv) => {
        const settings = await settingsFor(argv);
        const { validateCommand } = await import("../validate.ts");
        const { json } = argv;
        end(await validateCommand(pathsOf(argv.paths, settings), { checks: checksText(settings), json }));
      },
    )
    .command(
      "show [paths..]",
      "print what scenarios are: cluster, faults and who hears whom, without running them",
      (command) =>
        command.positional("paths", { ...options.PATHS, default: [] }).options({
          config: options.CONFIG,
          seed: { ...options.SEED, describe: "whose faults are drawn where a scenario has a plan [1]" },
          json: options.JSON_RESULT,
        }),
      async (argv) => {
        const settings = await settingsFor(argv);
        const { showCommand } = await import("../show.ts");
        const { seed } = settings;
        end(await showCommand({ paths: pathsOf(argv.paths, settings), seed, json: argv.json }));
      },
    );
}

/** The command line of one run of a watch. */
function withoutWatch(args: readonly string[]): readonly string[] {
  return args.filter((arg) => !/^(-w|--watch(=.*)?)$/.test(arg));
}
