import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { BULLY } from "./programs.ts";
import { faultline, testFolder } from "./run-cli.ts";

const folder = testFolder();

const GOOD = `name: good
about: Three nodes, nothing breaks.
nodes:
  - { program: ha-node, count: 3 }
faults:
  - { kind: crash, node: n1, at: 1s, for: 1s }
duration: 3s
`;

describe("the command line", () => {
  it("prints its commands with --help and its version with --version", () => {
    const help = faultline(folder.path, ["--help"]);
    expect(help.code).toBe(0);
    for (const command of ["run", "list", "validate", "schema"]) expect(help.stdout).toContain(`faultline ${command}`);
    for (const code of ["0 all hold", "5 inert fault", "143 interrupted"])
      expect(help.stdout.replace(/\s+/g, " ")).toContain(code);
    expect(faultline(folder.path, ["--version"]).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each([
    ["no command", [], "Name a command"],
    ["an unknown command", ["rnu", "x.yaml"], "Did you mean run?"],
    ["an unknown option", ["run", "x.yaml", "--sed", "7"], "sed"],
    ["no scenario", ["run"], "Name scenario files, or folders of them."],
    ["a seed that is not there", ["run", "x.yaml", "--seed"], "Not enough arguments following: seed"],
    ["a folder that is not there", ["run", "x.yaml", "--reports"], "Not enough arguments following: reports"],
    ["an unknown reporter", ["run", "x.yaml", "--reporter", "fancy"], "reporter"],
    ["a seed that is none", ["run", "x.yaml", "--seed", "a b"], "SEED"],
  ])("exits 2 for %s", (_, args, text) => {
    const { code, stderr, stdout } = faultline(folder.path, args);
    expect(code).toBe(2);
    expect(stderr).toContain(text);
    expect(stdout).toBe("");
  });

  it.each([
    [
      "a typo in a node name",
      GOOD.replace("node: n1", "node: n9"),
      /^bad\.yaml:6:26 SCENARIO_UNKNOWN_NODE: .*\n {2}Expected one of n1, n2, n3.*; got "n9"\. Did you mean "n1"\?$/m,
    ],
    [
      "an unknown fault kind",
      GOOD.replace("kind: crash", "kind: crahs"),
      /^bad\.yaml:6:13 SCENARIO_UNKNOWN_KIND: .*\n {2}Expected one of .*crash.*; got "crahs"\. Did you mean "crash"\?$/m,
    ],
    [
      "a bare number for a duration",
      GOOD.replace("duration: 3s", "duration: 3"),
      /^bad\.yaml:7:11 SCENARIO_DURATION: .*\n {2}Expected a duration with its unit.*; got 3\. Did you mean "3ms"\?$/m,
    ],
    [
      "two faults that contradict",
      GOOD.replace("duration", "  - { kind: crash, node: n1, at: 1500ms, for: 1s }\nduration"),
      /^bad\.yaml:7:\d+ SCENARIO_CONTRADICTION: .*\n {2}Expected /m,
    ],
  ])(
    "exits 2 for %s, with its place, what was expected and the nearest name; nothing is written",
    (_, text, expected) => {
      folder.write("bad.yaml", text.replace("name: good", "name: bad"));
      const before = readdirSync(folder.path);
      for (const verb of ["run", "validate"]) {
        const { code, stderr, stdout } = faultline(folder.path, [verb, "bad.yaml"]);
        expect(code).toBe(2);
        expect(stderr).toMatch(expected);
        expect(stdout).toBe("");
      }
      expect(readdirSync(folder.path)).toEqual(before);
    },
  );

  it("exits 2 before it runs anything when the reports have no place", () => {
    folder.write("good.yaml", GOOD);
    folder.write("taken", "a file");
    const { code, stderr, stdout } = faultline(folder.path, ["run", "good.yaml", "--reports", "taken"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^--reports REPORTS: .*\n {2}Expected a folder.*; got "taken"\.$/m);
    expect(stdout).toBe("");
  });

  it("exits 2 for an empty file", () => {
    folder.write("empty.yaml", "");
    const { code, stderr } = faultline(folder.path, ["validate", "empty.yaml"]);
    expect(code).toBe(2);
    expect(stderr).toContain("Expected an object; got null.");
  });

  it("exits 2 for a missing file, with the nearest one that is there", () => {
    const { code, stderr, stdout } = faultline(process.cwd(), ["run", "scenarios/seed/split-3-2.yaml"]);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(existsSync("reports/split-3-2-1")).toBe(false);
    expect(stderr).toMatch(
      /^scenarios\/seed\/split-3-2\.yaml:1:1 SCENARIO_NOT_FOUND: .*\n {2}.*Did you mean "scenarios\/seed\/split-2-3\.yaml"\?/,
    );
  });

  it("runs nothing when one of several files is not right", () => {
    folder.write("good.yaml", GOOD);
    folder.write("bad.yaml", GOOD.replace("name: good", "name: bad").replace("3s", "3"));
    const { code, stdout } = faultline(folder.path, ["run", "good.yaml", "bad.yaml"]);
    expect(code).toBe(2);
    expect(stdout).toBe("");
  });

  it("validates every scenario of the project", () => {
    const { code, stdout, stderr } = faultline(process.cwd(), ["validate", "scenarios"]);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(stdout).toContain("✓ split-2-3");
  });

  it("lists scenarios with what they are about, files of code too", () => {
    folder.write("good.yaml", GOOD);
    folder.write("bully.ts", BULLY);
    const { code, stdout } = faultline(folder.path, ["list", "good.yaml", "bully.ts"]);
    expect(code).toBe(0);
    expect(stdout).toContain("good   Three nodes, nothing breaks.");
    expect(stdout).toContain("bully.ts");
  });

  it("prints a JSON Schema that is the committed one", () => {
    const { code, stdout } = faultline(folder.path, ["schema"]);
    expect(code).toBe(0);
    expect(stdout).toBe(readFileSync("schema/scenario.json", "utf8"));
    expect(JSON.parse(stdout)).toMatchObject({
      $schema: "https://json-schema.org/draft/2020-12/schema",
      required: ["name", "nodes", "duration"],
    });
  });

  it("writes the JSON Schema to a file with --out", () => {
    expect(faultline(folder.path, ["schema", "--out", "s/scenario.json"])).toMatchObject({ code: 0, stdout: "" });
    expect(readFileSync(join(folder.path, "s/scenario.json"), "utf8")).toBe(
      readFileSync("schema/scenario.json", "utf8"),
    );
  });
});
