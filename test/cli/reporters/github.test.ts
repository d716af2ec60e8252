import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { GithubReporter } from "../../../src/cli/reporters/github.ts";
import { brokenResult, passed } from "./results.ts";

const folder = mkdtempSync(join(tmpdir(), "faultline-github-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const path = join(folder, "bullies.yaml");
writeFileSync(
  path,
  "name: bullies\nfaults:\n  - kind: crash\n  - id: cut\n    kind: partition\nexpect:\n  - node: n1\n",
);

const violated = "one-bully";

describe("the github reporter", () => {
  it("annotates the line of the scenario that asks for what failed", async () => {
    const result = await brokenResult(path);
    const reporter = new GithubReporter(folder);
    const scenario = { ...(result.scenario as object), faults: [{ kind: "crash" }, { id: "cut" }] };
    const faults = result.faults.map((fault) => ({ ...fault, touched: 0 }));
    const expects = [{ text: "n1 leads", held: false, at: 1_000_000, reason: "n2 did" }];
    reporter.run({ result: { ...result, scenario, faults, expects } });
    const lines = reporter.end().trimEnd().split("\n");
    expect(
      lines.map((line) =>
        /^::error file=bullies\.yaml,line=(\d+),title=bullies%3A (.*?) \(seed 7\)::/.exec(line)?.slice(1),
      ),
    ).toEqual([
      ["1", violated],
      ["7", "expect n1 leads"],
      ["4", "fault cut touches something"],
    ]);
  });

  it("puts a whole text on one line, with digest and replay line", async () => {
    const result = await brokenResult(path);
    const verdicts = result.verdicts.map((verdict) =>
      verdict.violation === undefined
        ? verdict
        : { ...verdict, violation: { ...verdict.violation, message: "100 %\r\n::error::x" } },
    );
    const reporter = new GithubReporter(folder);
    reporter.run({ result: { ...result, verdicts } });
    const text = reporter.end();
    expect(text.match(/^::/gm)).toHaveLength(1);
    expect(text).toContain("::100 %25%0D%0A::error::x%0A");
    expect(text).toContain(`%0Adigest ${result.digest}%0Areplay faultline run ${path} --seed 7\n`);
  });

  it("writes a table for the page of the job, in which no text can break a row", async () => {
    const result = await brokenResult(path);
    const verdicts = result.verdicts.map((verdict) =>
      verdict.violation === undefined
        ? verdict
        : { ...verdict, violation: { ...verdict.violation, message: "a | b\n<img> *c*" } },
    );
    const reporter = new GithubReporter(folder);
    reporter.run({ result: { ...result, verdicts } });
    reporter.run({ result: passed(result) });
    const page = reporter.jobSummary({ exitCode: 1, planned: 3 });
    expect(page).toContain("## Faultline: 1 of 3 runs passed\n\n1 did not run.\n");
    expect(page).toContain(`| bullies | 7 | ${violated} | a \\| b &lt;img&gt; \\*c\\* | <code>faultline run `);
  });

  it("annotates nothing when all is well", async () => {
    const reporter = new GithubReporter(folder);
    reporter.run({ result: passed(await brokenResult(path)) });
    expect(reporter.end()).toBe("");
    expect(reporter.jobSummary({ exitCode: 0, planned: 1 })).toBe("## Faultline: 1 of 1 runs passed\n\n");
  });

  it("names a file without a line when the scenario is code", async () => {
    const reporter = new GithubReporter(".");
    reporter.run({ result: await brokenResult("scenarios/bullies.ts") });
    expect(reporter.end()).toMatch(/^::error file=scenarios\/bullies\.ts,title=/);
  });
});
