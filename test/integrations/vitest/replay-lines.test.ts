import { describe, expect, it } from "vitest";
import { replayLines } from "../../../src/integrations/vitest/replay-lines.ts";
import { loadedOf } from "../../../src/lab/explore/loaded-of.ts";
import { split } from "./bully.ts";

describe("the lines that run a failure again", () => {
  it("name the test as a pattern that a shell takes as it is", () => {
    const line = (name: string): string | undefined =>
      replayLines({ test: { file: "test/a b.test.ts", name }, variable: "FAULTLINE_SEED=7" })[0];
    expect(line("holds")).toBe('replay  FAULTLINE_SEED=7 npx vitest run "test/a b.test.ts" -t holds');
    expect(line("keeps one leader")).toMatch(/ -t "keeps one leader"$/);
    expect(line("holds (always)")).toMatch(/ -t 'holds \\\(always\\\)'$/);
    expect(line("it's $5")).toMatch(/ -t 'it'\\''s \\\$5'$/);
  });

  it("name the command line too where the scenario is a file", () => {
    const loaded = { ...loadedOf(split), source: { path: "scenarios/split.yaml", sha256: "" } };
    expect(
      replayLines({ test: { file: "a.test.ts", name: "holds" }, variable: "FAULTLINE_SEED=7", loaded, seed: "7" }),
    ).toEqual([
      "replay  FAULTLINE_SEED=7 npx vitest run a.test.ts -t holds",
      "        npx faultline run scenarios/split.yaml --seed 7",
    ]);
  });
});
