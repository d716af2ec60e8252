import type { PlanMode } from "../../lab/explore/plan.ts";
import { openingOf, type OPENINGS } from "../open-page.ts";
import { NAME_FILES, UsageError } from "../usage-error.ts";
import type { Settings } from "./settings.ts";

/** The flags of a verb that are settings too, as yargs read them; a verb has some of them. */
export interface SettingFlags {
  readonly config?: string | undefined;
  readonly seed?: string | undefined;
  readonly seeds?: string | undefined;
  readonly plans?: PlanMode | undefined;
  readonly checks?: string | undefined;
  readonly reports?: string | undefined;
  readonly report?: boolean | undefined;
  readonly reporter?: string | readonly string[] | undefined;
  readonly "output-file"?: unknown;
  readonly workers?: number | undefined;
  readonly bail?: string | undefined;
  readonly verify?: boolean | undefined;
  readonly open?: (typeof OPENINGS)[number] | undefined;
  readonly queue?: string | undefined;
}

/** What a verb goes by: its flags, the environment of this process, the nearest config file. */
export async function settingsFor(argv: SettingFlags): Promise<Settings> {
  const [{ settingsOf }, { bailOf }] = await Promise.all([import("./settings.ts"), import("../bail.ts")]);
  return settingsOf({
    cwd: process.cwd(),
    env: process.env,
    config: argv.config,
    flags: {
      seed: argv.seed,
      seeds: argv.seeds,
      plans: argv.plans,
      checks: argv.checks === undefined || argv.checks === "all" ? argv.checks : argv.checks.split(","),
      reports: argv.reports,
      report: argv.report,
      reporters: argv.reporter === undefined ? undefined : [argv.reporter].flat(),
      outputFiles: argv["output-file"],
      workers: argv.workers,
      bail: argv.bail === undefined ? undefined : bailOf(argv.bail),
      verify: argv.verify,
      open: openingOf(argv.open),
      queue: argv.queue,
    },
    warn: (line) => process.stderr.write(`${line}\n`),
  });
}

/** `checks` as one text. */
export function checksText({ checks }: Settings): string | undefined {
  return typeof checks === "object" ? checks.join(",") : checks;
}

/**
 * The files a verb takes: those it is given, else those of the settings.
 *
 * @throws {UsageError} when there are none.
 */
export function pathsOf(given: readonly (string | number)[], { scenarios }: Settings): readonly string[] {
  if (given.length > 0) return given.map(String);
  if (scenarios !== undefined) return scenarios;
  throw new UsageError(NAME_FILES);
}
