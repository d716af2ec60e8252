import { existsSync, readFileSync } from "node:fs";
import { extname } from "node:path";
import { readYaml } from "../../lab/scenario/load-yaml.ts";

/**
 * The line of a scenario file on which something is asked for; of what is around it when it stands nowhere of its own.
 *
 * @returns `undefined` where the file is code, or has gone.
 */
export function lineOf(file: string, path: readonly (string | number)[]): number | undefined {
  if (![".yaml", ".yml", ".json"].includes(extname(file)) || !existsSync(file)) return undefined;
  const yaml = readYaml(readFileSync(file, "utf8"));
  const [first] = path;
  const isWritten = typeof first === "string" && Object.hasOwn(yaml.value ?? {}, first);
  return yaml.locate(isWritten ? path : ["name"], "value").line;
}
