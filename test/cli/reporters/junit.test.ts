import { describe, expect, it } from "vitest";
import { JunitReporter } from "../../../src/cli/reporters/junit.ts";
import type { RunResult } from "../../../src/trace/result.ts";
import { junitProblems } from "./junit-schema.ts";
import { brokenResult, passed } from "./results.ts";

function junitOf(...results: readonly RunResult[]): string {
  const reporter = new JunitReporter();
  for (const result of results) reporter.run({ result, reportPath: `reports/${result.scenarioName}` });
  return reporter.end();
}

const attribute = (xml: string, name: string): string =>
  new RegExp(`<testsuite [^>]*\\b${name}="([^"]*)"`).exec(xml)?.[1] ?? "";

describe("the junit reporter", () => {
  it("validates against the common schema, whatever happened and whatever is in the texts", async () => {
    const broken = await brokenResult();
    const odd = `a]]>b <c> & "d" 'e'\r\n\t\u0000\u001b[31m\ud800 \ud83d\ude80 \uffff`;
    const [first] = broken.verdicts;
    const oddResult: RunResult = {
      ...broken,
      verdicts: [{ ...first!, violation: { ...first!.violation!, message: odd, observed: odd } }],
      expects: [{ text: odd, held: false, at: 5, reason: odd }],
      faults: broken.faults.map((fault) => ({ ...fault, id: odd, touched: 0 })),
      error: { code: "INTERNAL", message: odd, node: "n1", facts: { stack: odd } },
    };
    const xml = junitOf(broken, passed(broken), oddResult);
    expect(await junitProblems(xml)).toEqual([]);
    expect(xml).toContain("\ud83d\ude80");
  });

  it("is a document of no suites when nothing ran", async () => {
    expect(await junitProblems(junitOf())).toEqual([]);
  });

  it("is checked by a schema that refuses what is not JUnit", async () => {
    const good = junitOf(await brokenResult());
    expect(await junitProblems(good.replace("<system-err></system-err>", ""))).not.toEqual([]);
    expect(await junitProblems(good.replace(/ timestamp="[^"]*"/, ' timestamp="today"'))).not.toEqual([]);
    expect(await junitProblems(good.replace(/ type="violated"/, ""))).not.toEqual([]);
  });

  it("has one case for each thing a run was judged by, and counts them", async () => {
    const result = await brokenResult();
    const xml = junitOf(result);
    const names = [...xml.matchAll(/<testcase classname="faultline.bullies" name="([^"]*)"/g)].map(([, name]) => name);
    expect(names).toEqual([
      "runs to its end",
      ...result.verdicts.map(({ checker }) => checker),
      "fault cut touches something",
    ]);
    expect(attribute(xml, "tests")).toBe(String(names.length));
    expect(attribute(xml, "failures")).toBe("1");
    expect(attribute(xml, "errors")).toBe("0");
    expect(attribute(xml, "skipped")).toBe(String(xml.match(/<skipped /g)?.length ?? 0));
  });

  it("says in the failure what happened, the seed, the digest and the line that replays it", async () => {
    const result = await brokenResult();
    const violation = result.verdicts.find(({ checker }) => checker === "one-bully")!.violation!;
    const failure = /<failure type="violated" message="([^"]*)">([^<]*)<\/failure>/.exec(junitOf(result))!;
    expect(failure[1]).toBe(violation.message);
    expect(failure[2]!.split("\n")).toEqual(
      expect.arrayContaining([
        violation.message,
        `expected ${violation.expected}`,
        "seed 7",
        `digest ${result.digest}`,
        "replay faultline run scenarios/bullies.yaml --seed 7",
      ]),
    );
  });

  it("tells what was not judged from what was wrong: an error, a failure, a skipped case", async () => {
    const result = await brokenResult();
    const [first] = result.verdicts;
    const { violation: _, ...base } = first!;
    const xml = junitOf({
      ...result,
      verdicts: [
        { ...base, checker: "asked", verdict: "inconclusive", reason: "No leader was elected." },
        { ...base, checker: "not-asked", verdict: "not-exercised", reason: "No lock was taken." },
      ],
      faults: result.faults.flatMap((fault) => [
        { ...fault, id: "inert", touched: 0 },
        { ...fault, id: "meant", touched: 0, optional: true },
      ]),
    });
    expect(xml).toMatch(/name="asked"[^>]*>\s*<error type="inconclusive" message="No leader was elected."/);
    expect(xml).toMatch(/name="not-asked"[^>]*>\s*<skipped message="No lock was taken."/);
    expect(xml).toMatch(/name="fault inert touches something"[^>]*>\s*<failure type="inert-fault"/);
    expect(xml).toMatch(/name="fault meant touches something"[^>]*>\s*<skipped /);
  });

  it("tells an error of the run and a signal as errors", async () => {
    const result = passed(await brokenResult());
    const broken = junitOf({
      ...result,
      error: { code: "ESCAPE", message: "Called Math.random.", node: "n1", facts: { stack: "at a.ts:1" } },
    });
    expect(broken).toMatch(
      /name="runs to its end"[^>]*>\s*<error type="ESCAPE" message="Called Math.random.">[^<]*at a.ts:1/,
    );
    expect(junitOf({ ...result, outcome: "interrupted", exitCode: 130 })).toContain('<error type="interrupted"');
  });
});
