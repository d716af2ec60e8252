import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { RunResult } from "../../src/trace/result.ts";
import { faultline, testFolder } from "./run-cli.ts";

const folder = testFolder();
const EXAMPLE = "docs/examples/two-leaders.ts";

describe("the example of the guide", () => {
  it("has a program, an invariant and a scenario in fifteen lines of code, and imports nothing but the package", () => {
    const lines = readFileSync(EXAMPLE, "utf8").split("\n");
    const code = lines.filter((line) => line.trim() !== "" && !/^\s*\/[/*]/.test(line));
    expect(code.length).toBeLessThanOrEqual(15);
    expect(Math.max(...code.map((line) => line.length))).toBeLessThanOrEqual(120);
    expect(code.filter((line) => line.includes(' from "'))).toEqual([expect.stringMatching(/ from "faultline";$/)]);
  });

  it("fails the reader's own invariant under a partition, the same in two processes", () => {
    const args = ["run", EXAMPLE, "--verify", "--no-report", "--reporter", "json"];
    const { code, stdout, stderr } = faultline(process.cwd(), args);
    const result = JSON.parse(stdout) as RunResult;
    expect(code).toBe(1);
    expect(stderr).toContain("the same in a second process");
    expect(result.verdicts).toMatchObject([{ checker: "one-leader", verdict: "violated" }]);
    const violation = result.verdicts[0]?.violation;
    // n1 is cut off at 2 s; n2 has waited 300 ms for it at one of its next beats, and leads beside it.
    expect(violation?.time).toBeGreaterThan(2_200_000);
    expect(violation?.time).toBeLessThan(2_500_000);
    expect(violation?.message).toBe("n2 became role=leader, and the rule was broken: At most one node leads.");
    expect(violation?.observed).toBe("n1 role=leader; n2 role=leader; n3 role=follower");
  });

  it("holds when nothing is cut: it is the partition that breaks it", () => {
    const whole = readFileSync(EXAMPLE, "utf8").replace(/^const faults = .*$/m, "const faults: [] = [];");
    const { code, stdout } = faultline(folder.path, ["run", folder.write("two-leaders.ts", whole), "--no-report"]);
    expect(stdout).toContain("✓ one-leader");
    expect(code).toBe(0);
  });
});
