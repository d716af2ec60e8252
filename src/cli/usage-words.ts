import { nearest } from "../lab/scenario/nearest.ts";
import { NAME_FILES } from "./usage-error.ts";

/** What to do about two options that say different things. */
const CLASHES: Readonly<Record<string, string>> = {
  "workers queue":
    "--workers is about processes of this machine; with --queue those of the fleet run the sweep, each with --workers of its own. Leave one of the two out.",
};

/**
 * What is wrong with a command line in our own words, with the nearest name that would do.
 *
 * @param message  What the parser of arguments says.
 * @param flags  Options of the verb.
 */
export function usageWords(message: string, flags: readonly string[]): string {
  // Positional arguments are files, nearly everywhere of scenarios.
  if (message.startsWith("Not enough non-option arguments")) return NAME_FILES;
  const unknown = /^Unknown arguments?: (.+)$/.exec(message)?.[1];
  if (unknown !== undefined) {
    const lines = unknown.split(", ").map((name) => unknownArgument(name, flags));
    // Both spellings of an option are told by the parser: one is enough.
    return [...new Set(lines)].join("\n");
  }
  const [, one, other] = /^Arguments (\S+) and (\S+) are mutually exclusive/.exec(message) ?? [];
  if (one !== undefined && other !== undefined) return CLASHES[`${one} ${other}`] ?? message;
  const value = /Argument: ([\w-]+), Given: (.+), Choices: (.+)/.exec(message);
  if (value === null) return message;
  const [, option = "", given = "", choices = ""] = value;
  const names = choices.split(", ").map((choice) => choice.replaceAll('"', ""));
  return `--${option} takes one of ${names.join(", ")}; got ${given}.${didYouMean(nearest(given.replaceAll('"', ""), names), "")}`;
}

function unknownArgument(name: string, flags: readonly string[]): string {
  const written = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return `There is no option or argument "${written}" here.${didYouMean(nearest(written, flags), "--")}`;
}

function didYouMean(near: string | undefined, prefix: string): string {
  return near === undefined ? "" : ` Did you mean ${prefix}${near}?`;
}
