import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { BULLY, oneProgram } from "./programs.ts";
import { faultline, faultlineUntil, testFolder } from "./run-cli.ts";

const folder = testFolder();
folder.write("bully.ts", BULLY);
folder.write("good.ts", oneProgram("good", ""));
folder.write("silent.ts", oneProgram("silent", "", { rest: `checks: ["election-safety"],` }));

const lastLine = (text: string): string => text.trimEnd().split("\n").at(-1) ?? "";

describe("faultline run of several scenarios", () => {
  it("ends with how many of them pass", () => {
    folder.write("fine.ts", oneProgram("fine", ""));
    const { code, stdout } = faultline(folder.path, ["run", "good.ts", "fine.ts", "--no-report"]);
    expect(lastLine(stdout)).toBe("2/2 scenarios PASS");
    expect(code).toBe(0);
  });

  it("names those that do not pass with their exit codes, and exits with the worst", () => {
    const { code, stdout } = faultline(folder.path, ["run", "silent.ts", "good.ts", "bully.ts", "--no-report"]);
    expect(lastLine(stdout)).toBe("1/3 scenarios PASS; not: silent (exit 3), bully (exit 1)");
    expect(code).toBe(1);
  });

  it("says nothing of the kind of one, nor where lines are JSON", () => {
    expect(faultline(folder.path, ["run", "good.ts", "--no-report"]).stdout).not.toContain("scenarios PASS");
    const args = ["run", "good.ts", "silent.ts", "--no-report", "--reporter", "json"];
    const { stdout, stderr } = faultline(folder.path, args);
    expect(stdout.trimEnd().split("\n")).toHaveLength(2);
    expect(`${stdout}${stderr}`).not.toContain("scenarios PASS");
  });

  it("writes each format to the file it was given", () => {
    const args = ["run", "good.ts", "bully.ts", "--no-report", "--reporter", "dot,github"];
    const files = ["--output-file.junit=out/junit.xml", "--output-file.jsonl", "out/runs.jsonl"];
    const { code, stdout, stderr } = faultline(folder.path, [...args, ...files]);
    expect(stderr).toBe("");
    expect(code).toBe(1);
    expect(stdout.split("\n")[0]).toBe("·✗");
    expect(stdout).toMatch(/^::error file=bully\.ts,title=bully%3A one-leader \(seed 1\)::/m);
    expect(readFileSync(join(folder.path, "out", "junit.xml"), "utf8")).toContain('<failure type="violated"');
    expect(
      readFileSync(join(folder.path, "out", "runs.jsonl"), "utf8")
        .trimEnd()
        .split("\n"),
    ).toHaveLength(3);
  });

  it("says what did not run when it was interrupted", async () => {
    const body = `process.stderr.write("started\\n"); const t = env.timers.create("t", () => { t.arm(1); }); t.arm(1);`;
    folder.write("endless.ts", oneProgram("endless", body, { duration: "24h" }));
    const args = ["run", "good.ts", "endless.ts", "bully.ts", "--no-report"];
    const { code, stdout } = await faultlineUntil(folder.path, args, "started", "SIGINT");
    expect(lastLine(stdout)).toBe("1/3 scenarios PASS; not: endless (exit 130); 1 did not run");
    expect(code).toBe(130);
  });

  it("runs the seed's three scenarios of POC-5 with its figures", () => {
    const scenarios = fileURLToPath(new URL("../../scenarios/poc-5", import.meta.url));
    const { code, stdout, stderr } = faultline(folder.path, ["run", scenarios, "--no-report"]);
    expect(stderr).toBe("");
    expect(lastLine(stdout)).toBe("3/3 scenarios PASS");
    expect(code).toBe(0);
    expect(stdout.match(/receipts created +10/g)).toHaveLength(3);
    expect(stdout.match(/duplicates +0/g)).toHaveLength(3);
    expect(stdout.match(/HLC monotonic +yes/g)).toHaveLength(3);
    expect(stdout).toMatch(
      /breaker of pos1 +closed → open \(5 failures\) → half-open → closed \(2 successes\) → open \(5 failures\) → half-open → closed \(2 successes\)/,
    );
  });
});
