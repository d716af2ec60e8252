import { z } from "zod";
import { parseSeeds } from "../../lab/explore/seeds.ts";
import { SEED_PATTERN } from "../../sim/kernel/rng.ts";
import { REPORTER_NAMES, type ReporterName } from "../reporters/names.ts";

const path = z.string().min(1);
const fileOfEach = Object.fromEntries(REPORTER_NAMES.map((name) => [name, path.optional()])) as Record<
  ReporterName,
  z.ZodOptional<z.ZodString>
>;

function areSeeds(text: string): boolean {
  try {
    parseSeeds(text);
    return true;
  } catch {
    return false;
  }
}

/** What a config file may set, and the environment with it. Paths are relative to the folder of the file. */
export const configSchema = z.strictObject({
  /** Files, folders and globs that `run`, `sweep`, `list` and `validate` take when none is named. */
  scenarios: z.array(path).min(1).optional(),
  /** Seed of `run`. */
  seed: z
    .string()
    .regex(SEED_PATTERN, "a seed in quotes: 1 to 64 of [0-9A-Za-z._-], first a letter or digit")
    .optional(),
  /** Seeds of `sweep`. */
  seeds: z.string().refine(areSeeds, 'seeds in quotes, as "1..2000" or "7,nightly-3"').optional(),
  /** Faults of `sweep`: as each scenario says, as written, or drawn anew for each seed. */
  plans: z.enum(["scenario", "written", "random"]).optional(),
  /** Rules that are judged instead of those of the scenarios. */
  checks: z.union([z.literal("all"), z.array(z.string().min(1)).min(1)]).optional(),
  /** Folder for reports. */
  reports: path.optional(),
  /** Whether reports are written. */
  report: z.boolean().optional(),
  /** Reporters of `run`. */
  reporters: z.array(z.enum(REPORTER_NAMES)).min(1).optional(),
  /** Files of reporters of `run`. */
  outputFiles: z.strictObject(fileOfEach).optional(),
  /** Processes of `sweep`. */
  workers: z.int().min(1).optional(),
  /** Runs that do not pass after which no other begins. */
  bail: z.int().min(1).optional(),
  /** Whether `run` runs everything again in another process. */
  verify: z.boolean().optional(),
  /** Whether `run` opens the first timeline in a browser, or the first of a run that did not pass; never when `CI` is set. */
  open: z.literal([true, false, "on-failure"]).optional(),
  /** Where `sweep` and `worker` find their queue, as `redis://host:6379`. */
  queue: z
    .string()
    .regex(/^rediss?:\/\/\S+$/, "the address of a Redis, as redis://host:6379")
    .optional(),
});

/** The settings of a project. */
export type Config = z.input<typeof configSchema>;
