/**
 * Options that several verbs have, each written once. None has a default here: what a flag does not say, the environment, a
 * config file or the scenario may (`config/settings.ts`).
 */
export const PATHS = { type: "string", array: true, describe: "scenario files, folders or globs" } as const;

export const CONFIG = {
  type: "string",
  requiresArg: true,
  describe: "config file; default the nearest faultline.config.{ts,js,json}",
} as const;

export const SEED = { type: "string", requiresArg: true, describe: "decides everything that is random [1]" } as const;

export const SEED_OF_SCENARIO = {
  type: "string",
  requiresArg: true,
  describe: "of a scenario that does not say its own",
} as const;

export const SEEDS = {
  type: "string",
  requiresArg: true,
  describe: "ranges and seeds, as 1..2000 or 7,nightly-3 [1..100]",
} as const;

export const CHECKS = {
  type: "string",
  requiresArg: true,
  describe: "rules to judge instead of those of the scenarios: all, or names with commas",
} as const;

export const BAIL = {
  type: "string",
  describe: "end after this many runs that do not pass; alone, after one",
} as const;

export const REPORT = { type: "boolean", describe: "write a report; --no-report writes nothing [true]" } as const;

export const REPORTS = { type: "string", requiresArg: true, describe: "folder for reports [reports]" } as const;

/** Of verbs that tell many runs as a whole. */
export const REPORTER_OF_SWEEP = {
  type: "string",
  default: "default",
  requiresArg: true,
  describe: "default, github, json, jsonl, junit; several with commas",
} as const;

export const OUTPUT_FILE = {
  requiresArg: true,
  describe: "file of a reporter, as --output-file.junit=junit.xml",
} as const;

export const JSON_RESULT = {
  type: "boolean",
  default: false,
  describe: "JSON on stdout, what people read on stderr",
} as const;

/** The reporters of a verb whose `--json` is the reporter of that name. */
export function withJson(reporters: string | readonly string[], json: boolean): readonly string[] {
  return json ? [...[reporters].flat(), "json"] : [reporters].flat();
}

export const REQUIRE_COVERAGE = {
  type: "boolean",
  default: false,
  describe: "exit 3 when something the scenarios ask for sometimes, or a fault, did nothing in any run",
} as const;

export const STORED_PATH = {
  type: "string",
  demandOption: true,
  describe: "a result.json, its folder, or a scenario",
} as const;

export const QUEUE = {
  type: "string",
  requiresArg: true,
  describe: "a fleet's queue, as redis://host:6379",
} as const;
