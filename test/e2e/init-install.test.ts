import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { junitProblems } from "../cli/reporters/junit-schema.ts";
import { faultline, testFolder } from "./run-cli.ts";

const folder = testFolder();
const project = join(folder.path, "project");
/** What npm says when there is no way to the registry and its cache does not have everything. */
const UNREACHABLE = /ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENOTCACHED|ENETUNREACH|network/;

interface Ended {
  readonly code: number | null;
  readonly text: string;
}

function npm(cwd: string, args: readonly string[]): Ended {
  // What the calling npm hands down in variables is about this project, not about that one.
  const env = Object.entries(process.env).filter(
    ([name]) => !/^(npm_(?!config_(cache|registry))|NODE_|VITEST)/i.test(name),
  );
  const child = spawnSync("npm", args, { cwd, encoding: "utf8", env: { ...Object.fromEntries(env), NO_COLOR: "1" } });
  return { code: child.status, text: `${child.stdout}${child.stderr}` };
}

describe("a new project with the packed package", () => {
  it(
    "passes its test; one line changed makes it fail, with the seed and the replay line",
    { timeout: 600_000 },
    async (context) => {
      const packed = npm(process.cwd(), ["pack", "--ignore-scripts", "--pack-destination", folder.path]);
      expect(packed.code, packed.text).toBe(0);
      const [tarball = ""] = readdirSync(folder.path).filter((name) => name.endsWith(".tgz"));

      mkdirSync(project);
      expect(faultline(project, ["init"])).toMatchObject({ code: 0, stderr: "" });
      const options = ["--no-audit", "--no-fund", "--prefer-offline", "--ignore-scripts"];
      const installed = npm(project, ["install", "--save-dev", join(folder.path, tarball), ...options]);
      if (installed.code !== 0 && UNREACHABLE.test(installed.text)) context.skip(`npm install: ${installed.text}`);
      expect(installed.code, installed.text).toBe(0);

      const passes = npm(project, ["test"]);
      expect(passes.text).toMatch(/1 passed/);
      expect(passes.code).toBe(0);

      const scenario = join(project, "scenarios/leader-crash.yaml");
      const flipped = readFileSync(scenario, "utf8").replace(/(role: leader }, within: )2s/, "$12ms");
      writeFileSync(scenario, flipped);
      const fails = npm(project, ["test"]);
      expect(fails.code).toBe(1);
      expect(fails.text).toMatch(/seed=1\b/);
      expect(fails.text).toMatch(/faultline run scenarios\/leader-crash\.yaml --seed 1/);

      // The installed command finds the project's config file, and tells CI in a format that its schema takes.
      const run = npm(project, ["run", "test:faults", "--", "--no-report", "--output-file.junit=junit.xml"]);
      expect(run.code).toBe(1);
      const junit = readFileSync(join(project, "junit.xml"), "utf8");
      expect(await junitProblems(junit)).toEqual([]);
      expect(junit).toContain("replay faultline run scenarios/leader-crash.yaml --seed 1");
    },
  );
});
