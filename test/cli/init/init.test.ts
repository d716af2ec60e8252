import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parse } from "yaml";
import { initCommand } from "../../../src/cli/init/init-command.ts";
import { completePackage, newPackage } from "../../../src/cli/init/package-file.ts";
import { TEMPLATES } from "../../../src/cli/init/templates.ts";
import { loadScenarios } from "../../../src/cli/scenario-files.ts";
import { loadConfig } from "../../../src/cli/config/load-config.ts";
import { toolVersion } from "../../../src/lab/run/run-scenario.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "faultline-init-"));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(root, { recursive: true });
});

const at = (path: string): string => join(root, path);
const read = (path: string): string => readFileSync(at(path), "utf8");

/** What it tells, without colours: on a terminal and in CI there are some. */
async function init(dryRun = false, folder = root): Promise<string> {
  let told = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    told += String(text);
    return true;
  });
  expect(await initCommand({ folder, dryRun })).toBe(0);
  vi.restoreAllMocks();
  return stripVTControlCharacters(told);
}

describe("a new project", () => {
  it("has a scenario, a test, a config file, a workflow and a package.json", async () => {
    await init();
    const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const paths = files.map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
    expect(paths.toSorted()).toEqual(["package.json", ...TEMPLATES.map(({ path }) => path)].toSorted());
    expect(JSON.parse(read("package.json"))).toMatchObject({
      private: true,
      type: "module",
      scripts: { test: "vitest run" },
      devDependencies: { faultline: `^${toolVersion()}`, vitest: "^4.1.0" },
    });
  });

  it("has files that are right", async () => {
    await init();
    await expect(loadScenarios([at("scenarios")])).resolves.toHaveLength(1);
    expect(await loadConfig(at("faultline.config.ts"), root)).toMatchObject({ scenarios: [at("scenarios")] });
    expect(parse(read(".github/workflows/faultline.yml"))).toHaveProperty("jobs.scenarios.steps");
    // The test names the scenario that is there.
    expect(existsSync(at(/scenario: "(.*)"/.exec(read("test/leader-crash.test.ts"))?.[1] ?? "?"))).toBe(true);
  });

  it("is only told with --dry-run", async () => {
    const told = await init(true);
    for (const { path } of TEMPLATES) expect(told).toContain(path);
    expect(told).toContain("Nothing was written.");
    expect(readdirSync(root)).toEqual([]);
  });

  it.each([
    ["/x/My Project", "my-project"],
    ["/x/..hidden", "hidden"],
    ["/x/---", "scenarios"],
  ])("in %s is called %s", (folder, name) => {
    expect(JSON.parse(newPackage(folder, "1.0.0"))).toMatchObject({ name });
  });
});

describe("a project that is there", () => {
  it("is entered by a line that a shell takes, whatever its folder is called", async () => {
    expect(await init(false, at("plain"))).toContain(
      `  cd ${at("plain").includes(" ") ? `"${at("plain")}"` : at("plain")}\n`,
    );
    expect(await init(false, at("it's mine"))).toContain(`  cd "${at("it's mine")}"\n`);
  });

  it("keeps every file, and hears of each", async () => {
    mkdirSync(at("scenarios"));
    for (const path of ["scenarios/leader-crash.yaml", "faultline.config.json", ".gitignore"])
      writeFileSync(at(path), "mine");
    const told = await init();
    for (const path of ["scenarios/leader-crash.yaml", "faultline.config.json", ".gitignore"])
      expect(read(path)).toBe("mine");
    expect(existsSync(at("faultline.config.ts"))).toBe(false);
    expect(told).toMatch(/– faultline\.config\.json {2}is there and stays as it is/);
    expect(told).toMatch(/– \.gitignore {2}.*it could ignore reports\//);
    expect(existsSync(at("test/leader-crash.test.ts"))).toBe(true);
  });

  it("lacks nothing the second time", async () => {
    await init();
    const before = read("package.json");
    const told = await init();
    expect(told).not.toContain("✓");
    expect(read("package.json")).toBe(before);
  });

  it("gets the scripts and packages it lacks, with its own kept and its indentation", () => {
    const text = '{\n\t"name": "shop",\n\t"scripts": { "test": "jest" },\n\t"dependencies": { "vitest": "4.0.0" }\n}\n';
    const change = completePackage(text, "package.json", "1.2.3");
    expect(change.added).toEqual(['script "test:faults"', 'script "sweep"', "faultline"]);
    expect(change.kept).toEqual(['script "test"']);
    expect(change.text).toMatch(/^{\n\t"name": "shop",\n\t"scripts": {\n\t\t"test": "jest",/);
    expect(JSON.parse(change.text ?? "")).toMatchObject({
      scripts: { test: "jest", sweep: "faultline sweep" },
      dependencies: { vitest: "4.0.0" },
      devDependencies: { faultline: "^1.2.3" },
    });
    expect(completePackage(change.text ?? "", "package.json", "1.2.3").text).toBeUndefined();
  });

  it.each(["not JSON", "[]", "7"])(
    "is refused with a package.json that is %s, before anything is written",
    async (text) => {
      writeFileSync(at("package.json"), text);
      await expect(initCommand({ folder: root, dryRun: false })).rejects.toThrow(
        "INIT: The file is no object of JSON.",
      );
      expect(readdirSync(root)).toEqual(["package.json"]);
    },
  );

  it("is refused when it is a file", async () => {
    writeFileSync(at("file"), "");
    await expect(initCommand({ folder: at("file"), dryRun: false })).rejects.toThrow("There is a file");
  });
});
