import { describe, expect, it } from "vitest";
import { indexPage, type IndexedRun } from "../../../src/lab/report/index-page.ts";

const good: IndexedRun = {
  scenario: "calm",
  seed: "1",
  outcome: "holds",
  exitCode: 0,
  digest: "00aa",
  failures: [],
  replay: "faultline run calm.yaml --seed 1",
};
const bad: IndexedRun = {
  ...good,
  scenario: "storm",
  outcome: "violated",
  exitCode: 1,
  failures: ["one-leader: <n1> & n2 lead"],
  replay: "faultline run storm.yaml --seed 1",
  href: "storm-1/timeline.html",
};

describe("the index of many runs", () => {
  it("counts what passed and shows what did not first, with its timeline, reason and replay line", () => {
    const page = indexPage([good, bad]);
    expect(page).toContain("<title>1 of 2 runs passed</title>");
    expect(page.indexOf("storm")).toBeLessThan(page.indexOf("calm"));
    expect(page).toContain('<a href="storm-1/timeline.html">storm</a>');
    expect(page).toContain("one-leader: &lt;n1&gt; &amp; n2 lead");
    expect(page).toContain("faultline run storm.yaml --seed 1");
    expect(page).not.toContain("faultline run calm.yaml");
  });

  it("is not red when everything passed", () => {
    expect(indexPage([good])).toContain("<h1>1 of 1 runs passed</h1>");
    expect(indexPage([good, bad])).toContain('<h1 class="bad">');
  });
});
