import { checkConfig, loadConfig } from "./load-config.ts";
import type { PlanMode } from "../../lab/explore/plan.ts";
import type { Opening } from "../open-page.ts";
import type { Config } from "./config-schema.ts";
import { misspeltVariables, settingsInEnv, variableOf } from "./env.ts";
import { findConfig } from "./find-config.ts";

type Given<T> = { readonly [Key in keyof T]?: T[Key] | undefined };

/** What a command goes by: a flag before the environment, that before the config file, that before what holds for everybody. */
export interface Settings {
  /** Absent when nothing says which. */
  readonly scenarios?: readonly string[];
  readonly seed: string;
  readonly seeds: string;
  readonly plans: PlanMode;
  /** Absent when each scenario's own are judged. */
  readonly checks?: "all" | readonly string[];
  readonly reports: string;
  readonly report: boolean;
  /** As written: `reporters/names.ts` reads both. */
  readonly reporters: readonly string[];
  readonly outputFiles?: unknown;
  readonly workers?: number;
  /** 0 for no limit. */
  readonly bail: number;
  readonly verify: boolean;
  readonly open: Opening;
  readonly queue?: string;
  /** The config file that was read. */
  readonly configFile?: string;
}

/** What holds where nobody says anything else. */
export const DEFAULTS: Settings = {
  seed: "1",
  seeds: "1..100",
  plans: "scenario",
  reports: "reports",
  report: true,
  reporters: ["default"],
  bail: 0,
  verify: false,
  open: false,
};

/** What settings are made of. */
export interface SettingsSource {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** What flags say; what they do not say is `undefined`. */
  readonly flags: Given<Settings>;
  /** `--config`. */
  readonly config?: string | undefined;
  /** Hears of variables that are nearly called as a setting is. */
  readonly warn: (line: string) => void;
}

/**
 * Puts flags, environment and config file together.
 *
 * @throws {ScenarioError} for a variable or a config file that is not right, with the key.
 */
export async function settingsOf({ cwd, env, flags, config, warn }: SettingsSource): Promise<Settings> {
  const file = config ?? (env["FAULTLINE_CONFIG"] === "" ? undefined : env["FAULTLINE_CONFIG"]) ?? findConfig(cwd);
  const inFile: Config = file === undefined ? {} : await loadConfig(file, cwd);
  for (const line of misspeltVariables(env)) warn(line);
  const inEnv = checkConfig(settingsInEnv(env), (problem) => {
    const [key, ...path] = problem.path;
    return { ...problem, file: variableOf(String(key)), path };
  });
  return { ...DEFAULTS, ...defined(inFile), ...defined(inEnv), ...defined(flags), ...defined({ configFile: file }) };
}

function defined(values: object): object {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
