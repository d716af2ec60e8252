import { describe, expect, it } from "vitest";
import { HtmlReporter } from "../../../src/cli/reporters/html.ts";
import { brokenResult, passed } from "./results.ts";

describe("the page of a suite", () => {
  it("has a cell a run, ways by what failed, and links from where it stands", async () => {
    const broken = await brokenResult();
    const reporter = new HtmlReporter("out/pages/index.html");
    const calm = { ...passed(broken), scenarioName: "calm" };
    expect(reporter.run({ result: broken, reportPath: "out/bullies-7/timeline.html" })).toBe("");
    reporter.run({ result: { ...broken, seed: "8" }, reportPath: "out/bullies-8/timeline.html" });
    reporter.run({ result: calm });
    const page = reporter.end({ exitCode: 1, planned: 4 });
    expect(page).toContain(">2 of 3 runs failed, in one way</h1>");
    expect(page).toContain("1 of 4 planned runs did not run.");
    expect([...page.matchAll(/ href="([^"]*)"/g)].map(([, href]) => href)).toEqual([
      "../bullies-7/timeline.html",
      "../bullies-7/timeline.html",
      "../bullies-8/timeline.html",
    ]);
    expect(page).toContain("<title>seed 8: failed, way A</title>");
    expect(page).toContain("2 runs of bullies, first seed 7, quickest 7");
    expect(page).toContain("<code>faultline run scenarios/bullies.yaml --seed 7</code>");
    expect(page).toContain("seeds 7, 8");
    expect(page).toMatch(/<th colspan="3">2 scenarios, 3 runs<\/th>/);
  });

  it("is a page also when nothing ran", () => {
    expect(new HtmlReporter(undefined).end({ exitCode: 130, planned: 2 })).toContain(">Nothing ran</h1>");
  });
});
