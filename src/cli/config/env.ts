import { nearest } from "../../lab/scenario/nearest.ts";
import { type configSchema } from "./config-schema.ts";

/** How the text of a variable becomes a value. */
type Kind = "text" | "list" | "number" | "boolean" | "checks" | "files";

const KINDS: Readonly<Record<keyof typeof configSchema.shape, Kind>> = {
  scenarios: "list",
  seed: "text",
  seeds: "text",
  plans: "text",
  checks: "checks",
  reports: "text",
  report: "boolean",
  reporters: "list",
  outputFiles: "files",
  workers: "number",
  bail: "number",
  verify: "boolean",
  open: "boolean",
  queue: "text",
};

/** `FAULTLINE_OUTPUT_FILES` of `outputFiles`. */
export function variableOf(key: string): string {
  return `FAULTLINE_${key.replace(/[A-Z]/g, "_$&").toUpperCase()}`;
}

/** Variables that are no setting of a config file. */
const OTHERS = ["FAULTLINE_CONFIG", "FAULTLINE_EXPLORE", "FAULTLINE_LIVE"];

/** The settings that variables hold, not checked yet; an empty variable is none. */
export function settingsInEnv(env: NodeJS.ProcessEnv): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const [key, kind] of Object.entries(KINDS)) {
    const text = env[variableOf(key)] ?? "";
    if (text !== "") found[key] = valueOf(text, kind);
  }
  return found;
}

/**
 * Variables that are nearly called as a setting is. Others are somebody else's: an orchestrator names variables after its services.
 *
 * @returns a line for each.
 */
export function misspeltVariables(env: NodeJS.ProcessEnv): string[] {
  const known = [...Object.keys(KINDS).map(variableOf), ...OTHERS];
  return Object.keys(env).flatMap((name) => {
    if (!name.startsWith("FAULTLINE_") || known.includes(name)) return [];
    const near = nearest(name, known);
    return near === undefined ? [] : [`${name} is no setting. Did you mean ${near}?`];
  });
}

/** What cannot be read stays text, so that the schema tells what is wrong with it. */
function valueOf(text: string, kind: Kind): unknown {
  switch (kind) {
    case "text":
      return text;
    case "list":
      return listOf(text);
    case "checks":
      return text === "all" ? "all" : listOf(text);
    case "number":
      return /^[0-9]+$/.test(text) ? Number(text) : text;
    case "boolean":
      return ({ true: true, "1": true, false: false, "0": false } as Record<string, boolean | undefined>)[text] ?? text;
    case "files":
      return Object.fromEntries(
        listOf(text).map((entry): [string, string] => {
          const at = entry.indexOf("=");
          return at < 0 ? [entry, ""] : [entry.slice(0, at), entry.slice(at + 1)];
        }),
      );
  }
}

function listOf(text: string): string[] {
  return text.split(",").map((part) => part.trim());
}
