import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { junitProblems } from "../cli/reporters/junit-schema.ts";
import { BULLY, oneProgram } from "./programs.ts";
import { testFolder } from "./run-cli.ts";

const ROOT = new URL("../../", import.meta.url);
const folder = testFolder();
folder.write("good.ts", oneProgram("good", ""));
folder.write("bully.ts", BULLY);
const FIXED = `found: { seed: "x9", fingerprint: "f", version: "0.1.0", fixedBy: "somebody" },`;
const OPEN = `found: { seed: "1", fingerprint: "f", version: "0.1.0" },`;
folder.write("kept.ts", oneProgram("kept", "", { rest: FIXED }));
folder.write("open.ts", oneProgram("open", "", { rest: OPEN }));

const read = (name: string): string => readFileSync(join(folder.path, "out", name), "utf8");

describe("the regression suite", () => {
  it("runs each scenario at three seeds, a kept failure at its own as its file says, and writes JUnit and an index page", async () => {
    const script = fileURLToPath(new URL("test/regress/run.mjs", ROOT));
    const child = spawnSync(
      process.execPath,
      [script, "--reports", "out", "bully.ts", "good.ts", "kept.ts", "open.ts"],
      {
        cwd: folder.path,
        encoding: "utf8",
        env: { PATH: process.env["PATH"] ?? "", NO_COLOR: "1" },
      },
    );
    expect(child.stderr).toBe("");
    expect(child.status).toBe(1);
    expect(child.stdout.split("\n")[0]).toBe("✗✗✗····✗");
    const xml = read("junit.xml");
    expect(await junitProblems(xml)).toEqual([]);
    expect([...xml.matchAll(/<testsuite [^>]* name="([^"]*)"/g)].map(([, name]) => name)).toEqual([
      ...["1", "2", "3"].map((seed) => `bully seed ${seed}`),
      ...["1", "2", "3"].map((seed) => `good seed ${seed}`),
      "kept seed x9",
      "open seed 1",
    ]);
    // It was kept as a failure, and passes now: nobody has said what fixed it.
    expect(xml).toContain("kept failure (open): it fails as f");
    expect(xml).toContain("found.fixedBy");
    expect(xml).toContain("replay faultline run bully.ts --seed 2");
    const hrefs = [...read("index.html").matchAll(/href="([^"]*)"/g)].map(([, href]) => href ?? "");
    // Ways to fail, then a cell a run.
    const runs = ["bully-1", "open-1", "bully-1", "bully-2", "bully-3", "open-1"];
    expect(hrefs).toEqual(runs.map((run) => `${run}/timeline.html`));
    for (const href of hrefs) expect(existsSync(join(folder.path, "out", href))).toBe(true);
  });

  it("is what the workflow runs, by a script that is there", () => {
    const workflow = parse(readFileSync(new URL(".github/workflows/regression.yml", ROOT), "utf8")) as {
      readonly jobs: { readonly regress: { readonly steps: readonly { readonly run?: string }[] } };
    };
    const { scripts } = JSON.parse(readFileSync(new URL("package.json", ROOT), "utf8")) as {
      readonly scripts: Readonly<Record<string, string>>;
    };
    expect(workflow.jobs.regress.steps.map(({ run }) => run)).toContain("npm run regress");
    expect(scripts["regress"]).toBe("node test/regress/run.mjs");
  });
});
