import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { RunResult } from "../../src/trace/result.ts";

const folder = "reports/samples/split-2-3";

// Made by `npm run samples`; whether it is the newest is for people to say, since every change of a program moves it.
describe("the sample report", () => {
  const result = JSON.parse(readFileSync(`${folder}/result.json`, "utf8")) as RunResult;

  it("is a run that holds, of the scenario and the seed that the README names", () => {
    expect(result).toMatchObject({ scenarioName: "split-2-3", seed: "7", outcome: "holds", exitCode: 0 });
    expect(readFileSync("README.md", "utf8")).toContain("run scenarios/seed/split-2-3.yaml --seed 7");
  });

  it("has the page and the picture of that very run", () => {
    const page = readFileSync(`${folder}/timeline.html`, "utf8");
    expect(page.replaceAll(" ", "")).toContain(result.digest);
    expect(readFileSync(`${folder}/overview.svg`, "utf8")).toContain("<svg");
  });

  it("has a picture 1400 px wide that a README can carry", () => {
    const picture = readFileSync(`${folder}/timeline.png`);
    expect(picture.readUInt32BE(16)).toBe(1_400);
    expect(picture.length).toBeLessThan(400_000);
  });
});
