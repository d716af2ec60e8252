import { describe, expect, it } from "vitest";
import { letterOf, runsPage, type RunsCell, type RunsPageModel } from "../../../src/lab/report/runs-page.ts";

const cell = (seeds: string, way = -1): RunsCell => ({ seeds, runs: 1, failed: way < 0 ? 0 : 1, way });

const calm: RunsPageModel = {
  subject: "sweep of calm",
  version: "faultline 0.1.0",
  seeds: "1..3",
  runs: 3,
  planned: 3,
  failed: 0,
  ways: [],
  rows: [{ scenario: "calm", runs: 3, failed: 0, cells: [cell("1"), cell("2"), cell("3")] }],
  coverage: [],
};

const storm: RunsPageModel = {
  ...calm,
  runs: 2,
  failed: 1,
  ways: [
    {
      what: ["one-leader"],
      message: "<n1> & n2 lead",
      count: 1,
      scenario: "storm",
      first: "2",
      quickest: "2",
      fingerprint: "f00d",
      replay: "faultline run storm.yaml --seed 2",
      href: "storm-2/timeline.html",
    },
  ],
  rows: [
    {
      scenario: "storm",
      runs: 2,
      failed: 1,
      cells: [cell("1"), { ...cell("2", 0), href: "storm-2/timeline.html" }, { ...cell("3", -2), runs: 0 }],
    },
  ],
  coverage: [
    {
      of: "storm",
      runs: 2,
      rows: [
        { kind: "rule", name: "one-leader", words: "violated in 1", state: "bad" },
        { kind: "fault", name: "cut", words: "touched nothing", state: "never" },
      ],
    },
  ],
};

describe("the page about many runs", () => {
  it("says what came of them before anything else", () => {
    expect(runsPage(calm)).toContain('<h1 class="title">All 3 runs passed</h1>');
    expect(runsPage(calm)).toContain("Every rule that had something to judge held in every run.");
    const page = runsPage(storm);
    expect(page).toContain(">1 of 2 runs failed, in one way</h1>");
    expect(page).toContain("1 of 3 planned runs did not run. 1 thing never happened in any run");
    expect(runsPage({ ...calm, runs: 0 })).toContain(">Nothing ran</h1>");
  });

  it("gives each way to fail its letter, its replay line and its timeline", () => {
    const page = runsPage(storm);
    expect(page).toContain('<span class="tag plain">A</span>&lt;n1&gt; &amp; n2 lead</h3>');
    expect(page).toContain("<code>faultline run storm.yaml --seed 2</code>");
    expect(page).toContain('<a href="storm-2/timeline.html">timeline of seed 2</a>');
  });

  it("tells the state of every cell in words, and without colour", () => {
    const page = runsPage(storm);
    expect(page).toContain("<title>seed 1: passed</title>");
    expect(page).toMatch(/<a href="storm-2\/timeline\.html"><title>seed 2: failed, way A<\/title>.*>A<\/text><\/a>/);
    expect(page).toContain('<title>seed 3: did not run</title><rect class="cell none"');
    expect(page).toContain('role="img" aria-label="storm: 1 of 2 runs failed"');
  });

  it("names what was never put to the test", () => {
    expect(runsPage(storm)).toMatch(/<tr class="never"><td>–<\/td><td><span class="dim">fault<\/span> cut<\/td>/);
    expect(runsPage(calm)).not.toContain('id="coverage"');
  });

  it("loads nothing, and lets no text be markup", () => {
    const hostile = { ...storm, subject: "</title><script>x</script>", seeds: '"><img onerror=x>' };
    const page = runsPage(hostile);
    expect(page).not.toMatch(/<script|<img|https?:|url\(/);
    expect(page).toContain("default-src &#39;none&#39;");
  });
});

it("letters go on after Z", () => {
  expect([0, 25, 26, 27, 701, 702].map(letterOf)).toEqual(["A", "Z", "AA", "AB", "ZZ", "AAA"]);
});
