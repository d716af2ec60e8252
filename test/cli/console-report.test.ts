import { expect, it } from "vitest";
import { consoleReport } from "../../src/cli/console-report.ts";
import { syntheticRun } from "../lab/report/synthetic.ts";

const { result, trace } = syntheticRun({ isFailing: true, seconds: 15 });
const violation = result.verdicts.find((verdict) => verdict.violation !== undefined)?.violation;
const text = (reportPath: string | undefined, change = {}): string =>
  consoleReport({ result: { ...result, ...change }, trace, reportPath });

it("links each violation to its moment and record in the written page", () => {
  expect(violation).toBeDefined();
  const place = `#t=${String(violation?.time)}&sel=e${String(violation?.record)}`;
  expect(text("reports/x/timeline.html")).toContain(`\n  see reports/x/timeline.html${place}\n`);
});

it("links an expected step that did not happen to the end of its window", () => {
  const expects = [
    { text: "n3 leads", held: true, at: 11_000_000 },
    { text: "n4 leads", held: false, at: 12_000_000, reason: "n3 does" },
  ];
  const lines = text("x/timeline.html", { expects }).split("\n");
  const at = lines.findIndex((line) => line.includes("n4 leads"));
  expect(lines[at + 1]).toBe("  see x/timeline.html#t=12000000");
  expect(lines.filter((line) => line.includes("#t=11000000"))).toEqual([]);
});

it.each([undefined, "reports/x"])("has no link where no page was written (%s)", (reportPath) => {
  expect(text(reportPath)).not.toContain("  see ");
});
