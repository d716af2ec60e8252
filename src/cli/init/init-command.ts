import { existsSync, readFileSync, statSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import pc from "picocolors";
import { toolVersion } from "../../lab/run/run-scenario.ts";
import { writeWhole } from "../../lab/run/write-run.ts";
import { ScenarioError } from "../../lab/scenario/problems.ts";
import { shellWord } from "../../trace/replay-line.ts";
import { writing } from "../reports-folder.ts";
import { completePackage, newPackage } from "./package-file.ts";
import { TEMPLATES } from "./templates.ts";

export interface InitArguments {
  readonly folder: string;
  /** Says what would be done, and does nothing. */
  readonly dryRun: boolean;
}

/** One thing to do with one file, decided before anything is written. */
interface Step {
  readonly path: string;
  /** What it becomes; `undefined` when it is left alone. */
  readonly text?: string;
  /** Whether it is there already. */
  readonly isThere: boolean;
  readonly note: string;
}

/**
 * Writes what a project needs for its first scenario, and nothing over what is there.
 *
 * @returns 0.
 * @throws {ScenarioError} `INIT` when the folder is a file, or its `package.json` cannot be understood: nothing is written then.
 */
export async function initCommand({ folder, dryRun }: InitArguments): Promise<number> {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === false) {
    const message = "There is a file where the folder would be.";
    throw new ScenarioError([
      { code: "INIT", path: [], file: folder, message, expected: "a folder, there or to be made" },
    ]);
  }
  const steps = [packageStep(folder), ...TEMPLATES.map((template) => templateStep(folder, template))];
  for (const step of steps) {
    const isWritten = step.text === undefined || dryRun || (await write(join(folder, step.path), step));
    process.stdout.write(`${line(isWritten ? step : { path: step.path, isThere: true, note: LEFT_ALONE }, dryRun)}\n`);
  }
  process.stdout.write(next(folder, dryRun));
  return 0;
}

const LEFT_ALONE = "is there and stays as it is";

function packageStep(folder: string): Step {
  const path = "package.json";
  const file = join(folder, path);
  if (!existsSync(file)) return { path, text: newPackage(folder, toolVersion()), isThere: false, note: "" };
  const { text, added, kept } = completePackage(readFileSync(file, "utf8"), file, toolVersion());
  const stays = kept.length === 0 ? "" : `; ${kept.join(" and ")} ${kept.length === 1 ? "stays" : "stay"} as it was`;
  if (text === undefined) return { path, isThere: true, note: `lacks nothing${stays}` };
  return { path, text, isThere: true, note: `gets ${added.join(", ")}${stays}` };
}

function templateStep(folder: string, { path, text, or = [] }: (typeof TEMPLATES)[number]): Step {
  const there = [path, ...or].find((one) => existsSync(join(folder, one)));
  if (there === undefined) return { path, text, isThere: false, note: "" };
  const isMissingLine = path === ".gitignore" && !/^\/?reports\/?$/m.test(readFileSync(join(folder, path), "utf8"));
  return { path: there, isThere: true, note: `${LEFT_ALONE}${isMissingLine ? "; it could ignore reports/" : ""}` };
}

/** @returns false when the file has come since it was looked for. */
async function write(file: string, { text = "", isThere }: Step): Promise<boolean> {
  return writing(file, async () => {
    await mkdir(dirname(file), { recursive: true });
    if (isThere) {
      await writeWhole(file, text);
      return true;
    }
    try {
      await writeFile(file, text, { flag: "wx" });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
      throw error;
    }
  });
}

function line({ path, text, isThere, note }: Step, dryRun: boolean): string {
  if (text === undefined) return `${pc.dim("–")} ${path}  ${pc.dim(note)}`;
  const verb = isThere ? note : dryRun ? "would be written" : "written";
  return `${pc.green(dryRun ? "+" : "✓")} ${pc.bold(path)}  ${pc.dim(isThere && dryRun ? verb.replace(/^gets/, "would get") : verb)}`;
}

function next(folder: string, dryRun: boolean): string {
  if (dryRun) return "\nNothing was written.\n";
  const enter = folder === "." ? [] : [`cd ${shellWord(folder)}`];
  const commands = [...enter, "npm install", "npm test", "npx faultline run --open"];
  return `\nNext:\n${commands.map((command) => `  ${command}\n`).join("")}`;
}
