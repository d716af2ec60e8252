import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { reporterChoice } from "../../../src/cli/reporters/names.ts";
import { Reporters } from "../../../src/cli/reporters/reporters.ts";
import { junitProblems } from "./junit-schema.ts";
import { brokenResult, passed } from "./results.ts";

const folder = mkdtempSync(join(tmpdir(), "faultline-reporters-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Tells a broken and a good run; three were planned. */
async function told(
  given: string | string[],
  outputFile?: unknown,
  env = {},
): Promise<{ stdout: string; stderr: string }> {
  const written = { stdout: "", stderr: "" };
  const stream = (name: keyof typeof written) => ({
    write: (text: string) => (written[name] += stripVTControlCharacters(text)),
  });
  const reporters = new Reporters(
    reporterChoice(given, outputFile),
    { stdout: stream("stdout"), stderr: stream("stderr") },
    env,
  );
  await reporters.prepare();
  const result = await brokenResult();
  reporters.run({ result });
  reporters.run({ result: passed(result) });
  await reporters.end({ exitCode: 1, planned: 3 });
  return written;
}

const TALLY = "1/3 scenarios PASS; not: bullies (exit 1); 1 did not run\n";

describe("reporters and where they write", () => {
  it("tell the story on stdout, and how many passed", async () => {
    const { stdout, stderr } = await told("default");
    expect(stdout).toContain("✗ one-bully violated");
    expect(stdout.endsWith(TALLY)).toBe(true);
    expect(stderr).toBe("");
  });

  it("tell a program on stdout and people on stderr", async () => {
    const { stdout, stderr } = await told("jsonl");
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as object);
    expect(lines).toEqual([
      expect.objectContaining({
        type: "run",
        scenario: "bullies",
        seed: "7",
        exitCode: 1,
        failures: [expect.objectContaining({ name: "one-bully", kind: "violated" })],
        replay: "faultline run scenarios/bullies.yaml --seed 7",
      }),
      expect.objectContaining({ type: "run", exitCode: 0, failures: [] }),
      { type: "end", runs: 2, failed: 1, planned: 3, exitCode: 1 },
    ]);
    expect(stderr).toContain("✗ one-bully violated");
  });

  it("write a file whole, made with its folder, and leave stdout to people", async () => {
    const file = join(folder, "new", "junit.xml");
    const { stdout, stderr } = await told("default", { junit: file });
    expect(await junitProblems(readFileSync(file, "utf8"))).toEqual([]);
    expect(readdirSync(join(folder, "new"))).toEqual(["junit.xml"]);
    expect(stdout).toContain("✗ one-bully violated");
    expect(stderr).toBe("");
  });

  it("show a character for each run, and what failed at the end, instead of the story", async () => {
    const { stdout } = await told("dot");
    const lines = stdout.split("\n");
    expect(lines[0]).toBe("✗·");
    expect(stdout).not.toContain("digest");
    expect(lines.slice(2)).toEqual([
      "✗ bullies  seed 7  exit 1",
      expect.stringMatching(/^ {2}one-bully: /),
      "  replay faultline run scenarios/bullies.yaml --seed 7",
      "",
      TALLY.trimEnd(),
      "",
    ]);
  });

  it("begin annotations on a line of their own, and add to the page of the job what is there", async () => {
    const page = join(folder, "summary.md");
    writeFileSync(page, "before\n");
    const { stdout } = await told(["github", "dot"], undefined, { GITHUB_STEP_SUMMARY: page });
    expect(stdout).toMatch(/\n::error file=scenarios\/bullies\.yaml,title=/);
    expect(readFileSync(page, "utf8")).toMatch(/^before\n## Faultline: 1 of 3 runs passed\n/);
  });

  it("refuse a file that cannot be written before anything runs", async () => {
    const taken = join(folder, "taken");
    writeFileSync(taken, "");
    await expect(told("default", { junit: join(taken, "junit.xml") })).rejects.toThrow("--output-file");
  });
});

describe("what --reporter and --output-file say", () => {
  it("takes lists with commas and several options", () => {
    expect(reporterChoice(["junit,dot", "github"], { junit: "j.xml" })).toEqual({
      names: ["dot", "github", "junit"],
      files: { junit: "j.xml" },
    });
  });

  it("takes a reporter's file as asking for the reporter", () => {
    expect(reporterChoice("default", { jsonl: "runs.jsonl" }).names).toEqual(["default", "jsonl"]);
  });

  it.each([
    ["an unknown reporter, with the nearest", "juint", undefined, 'Did you mean "junit"?'],
    ["a file of an unknown reporter", "default", { juint: "x" }, 'Did you mean "junit"?'],
    ["two that want stdout", "json,junit", undefined, "Both json and junit want stdout."],
    ["a file of nobody", "default", "junit.xml", "as --output-file.junit=reports/junit.xml"],
    ["two files of one reporter", "default", { junit: ["a", "b"] }, "a reporter and one file"],
  ])("refuses %s", (_, given, outputFile, message) => {
    expect(() => reporterChoice(given, outputFile)).toThrow(message);
  });
});
