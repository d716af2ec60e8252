import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { BULLY, oneProgram } from "./programs.ts";
import { faultline, testFolder } from "./run-cli.ts";

const folder = testFolder();
folder.write("bully.ts", BULLY);
folder.write("good.ts", oneProgram("good", ""));
folder.write("silent.ts", oneProgram("silent", "", { rest: `checks: ["election-safety"],` }));
const ALL = ["good.ts", "silent.ts", "bully.ts"];

/** The scenarios that ran, with their seeds. */
function ran(args: readonly string[]): {
  readonly code: number | null;
  readonly runs: string[];
  readonly stderr: string;
} {
  const { code, stdout, stderr } = faultline(folder.path, ["run", ...args, "--reporter", "jsonl"]);
  const lines = stdout
    .split("\n")
    .flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Record<string, unknown>]));
  const runs = lines.flatMap(({ type, scenario, seed }) =>
    type === "run" ? [`${String(scenario)} ${String(seed)}`] : [],
  );
  return { code, runs, stderr };
}

describe("which scenarios run", () => {
  it("those whose name matches --grep", () => {
    expect(ran([...ALL, "--grep", "^(good|bul)", "--no-report"]).runs).toEqual(["good 1", "bully 1"]);
  });

  it.each([
    ["matches nothing", "godo", 'Did you mean "good"?'],
    ["is no pattern", "(", "Invalid regular expression"],
  ])("refuses a pattern that %s", (_, pattern, message) => {
    const { code, runs, stderr } = ran([...ALL, "-t", pattern, "--no-report"]);
    expect(code).toBe(2);
    expect(runs).toEqual([]);
    expect(stderr).toContain(message);
  });

  it("none after as many failures as --bail says, one when it says nothing", () => {
    expect(ran([...ALL, "--no-report", "--bail"])).toMatchObject({ code: 3, runs: ["good 1", "silent 1"] });
    expect(ran(["bully.ts", "silent.ts", "good.ts", "--no-report", "--bail=2"]).runs).toEqual(["bully 1", "silent 1"]);
    expect(ran(["good.ts", "--no-report", "--bail=0"])).toMatchObject({ code: 2, runs: [] });
  });

  it("those that did not pass last time, with their seeds, until they do", () => {
    const reports = ["--reports", "repeat"];
    expect(ran([...ALL, ...reports, "--seed", "007"]).code).toBe(1);
    expect(ran(["--last-failed", ...reports, "--no-report"]).runs).toEqual(["silent 007", "bully 007"]);
    expect(ran(["--last-failed", ...reports, "--no-report", "bully.ts"]).runs).toEqual(["bully 007"]);
    folder.write("bully.ts", oneProgram("bully", ""));
    expect(ran(["--last-failed", ...reports]).runs).toEqual(["silent 007", "bully 007"]);
    const last = JSON.parse(readFileSync(join(folder.path, "repeat", "last-run.json"), "utf8"));
    expect(last.runs).toEqual([
      { path: "silent.ts", scenario: "silent", seed: "007", exitCode: 3 },
      { path: "bully.ts", scenario: "bully", seed: "007", exitCode: 0 },
    ]);
    expect(ran(["--last-failed", ...reports, "good.ts"])).toMatchObject({
      code: 0,
      runs: [],
      stderr: "Everything passed last time.\n",
    });
  });

  it("says when it is not known what failed last time, or is there no more", () => {
    expect(ran(["--last-failed", "--reports", "none"])).toMatchObject({ code: 2, runs: [] });
    folder.write("gone.ts", oneProgram("gone", "", { rest: `checks: ["election-safety"],` }));
    expect(ran(["gone.ts", "--reports", "gone"]).code).toBe(3);
    rmSync(join(folder.path, "gone.ts"));
    const { code, stderr } = ran(["--last-failed", "--reports", "gone"]);
    expect(code).toBe(2);
    expect(stderr).toContain("gone.ts");
  });
});
