import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { ScenarioError } from "../../lab/scenario/problems.ts";

/** Names under which a config file is found by itself. */
export const CONFIG_NAMES = ["ts", "mts", "js", "mjs", "json"].map((extension) => `faultline.config.${extension}`);

/**
 * The nearest config file: in the working directory, or in a folder above it, up to the one that holds `package.json` or `.git`.
 *
 * @returns its path as people write it from the working directory.
 * @throws {ScenarioError} `CONFIG_SEVERAL` when a folder holds two.
 */
export function findConfig(cwd: string): string | undefined {
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const found = CONFIG_NAMES.filter((name) => existsSync(join(folder, name)));
    const [only, another] = found;
    if (another !== undefined)
      throw new ScenarioError([
        {
          code: "CONFIG_SEVERAL",
          path: [],
          file: folder,
          message: "The folder holds several config files.",
          expected: "one, or --config",
          got: found.join(" and "),
        },
      ]);
    if (only !== undefined) return relative(cwd, join(folder, only));
    const isTop = existsSync(join(folder, "package.json")) || existsSync(join(folder, ".git"));
    if (isTop || dirname(folder) === folder) return undefined;
  }
}

/** Config files beside a path that is none, for its error. */
export function configsNear(path: string): string[] {
  const folder = dirname(path);
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => CONFIG_NAMES.includes(name)) : [];
  return names.map((name) => join(folder, basename(name)));
}
