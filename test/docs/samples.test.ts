import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { RunResult } from "../../src/trace/result.ts";

const SAMPLES = "reports/samples";
const names = readdirSync(SAMPLES);
const FAILING = "promoted-at-once";

const gallery = readFileSync("docs/gallery.md", "utf8");

// Made by `npm run samples`; whether they are the newest is for people to say, since every change of a program moves them.
describe.each(names)("the sample report %s", (name) => {
  const folder = `${SAMPLES}/${name}`;
  const result = JSON.parse(readFileSync(`${folder}/result.json`, "utf8")) as RunResult;

  it("is a run of the scenario and the seed that the gallery names, and ends as it should", () => {
    const [outcome, exitCode] = name === FAILING ? ["violated", 1] : ["holds", 0];
    expect(result).toMatchObject({ scenarioName: name, seed: "7", outcome, exitCode });
    const path = result.source?.path ?? "";
    expect(existsSync(path)).toBe(true);
    expect(gallery).toContain(`faultline run ${path} --seed 7`);
  });

  it("has the page and the overview of that very run", () => {
    const page = readFileSync(`${folder}/timeline.html`, "utf8");
    expect(page.replaceAll(" ", "")).toContain(result.digest);
    expect(readFileSync(`${folder}/overview.svg`, "utf8")).toContain("<svg");
  });

  it.each([
    ["timeline.png", 1_400],
    ["timeline-dark.png", 1_400],
    ["timeline-800.png", 800],
    ["timeline-800-dark.png", 800],
  ])("has the picture %s, %d px wide, that a page can carry", (file, width) => {
    const picture = readFileSync(`${folder}/${file}`);
    expect(picture.readUInt32BE(16)).toBe(width);
    expect(picture.length).toBeLessThan(400_000);
  });
});

describe("the gallery", () => {
  it("shows every sample, and only what is there", () => {
    const shown = [...gallery.matchAll(/\]\(\.\.\/(reports\/samples\/[^)]+)\)/g)].map(([, path]) => path ?? "");
    expect(shown.filter((path) => !existsSync(path))).toEqual([]);
    for (const name of names) expect(shown).toContain(`${SAMPLES}/${name}/timeline.png`);
  });

  it("is found from the README and the page about the report", () => {
    const readme = readFileSync("README.md", "utf8");
    expect(readme).toContain("(docs/gallery.md)");
    expect(readme).toContain("run scenarios/seed/split-2-3.yaml --seed 7");
    expect(readFileSync("docs/report.md", "utf8")).toContain("(gallery.md)");
  });
});
